-- How far each kind of official figure is reproduced; a rule applied wrongly shows in one measure of one league.
select
    reconciliation.quarter,
    quarters.role,
    organisations.league,
    reconciliation.measure,
    cast(count(reconciliation.status) as integer) as figures,
    cast(sum(case when reconciliation.status = 'unexplained' then 1 else 0 end) as integer) as unexplained,
    cast(
        sum(case when reconciliation.status = 'unexplained' then 1 else 0 end) / {{ as_double('count(*)') }}
        as decimal(9, 6)
    ) as share_unexplained
from {{ ref('reconciliation') }} as reconciliation
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = reconciliation.quarter
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = reconciliation.quarter
        and organisations.organisation_code = reconciliation.organisation_code
        and organisations.league is distinct from 'icb'
group by reconciliation.quarter, quarters.role, organisations.league, reconciliation.measure
