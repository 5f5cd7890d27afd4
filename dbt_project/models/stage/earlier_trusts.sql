-- What a trust was at the end of a quarter, where it has changed since: of each attribute the first change to come.
select
    quarters.quarter,
    changes.trust_code,
    min_by(changes.trust_name, changes.until) filter (where changes.trust_name is not null) as trust_name,
    min_by(changes.region, changes.until) filter (where changes.region is not null) as region,
    min_by(changes.icb_code, changes.until) filter (where changes.icb_code is not null) as icb_code
from {{ ref('trust_changes') }} as changes
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.period_end <= changes.until
group by quarters.quarter, changes.trust_code
