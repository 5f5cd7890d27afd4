{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A predecessor that merged before the quarter began should not report in it.
select
    min(figures.source_sha256) as source_sha256,
    min(figures.source_member) as source_member,
    min(figures.source_row) as source_row,
    organisations.quarter,
    organisations.organisation_code,
    successions.successor_code,
    successions.merger_date
from {{ ref('organisations') }} as organisations
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = organisations.quarter
inner join {{ ref('successions') }} as successions
    on
        successions.quarter = organisations.quarter
        and successions.predecessor_code = organisations.organisation_code
left join {{ ref('nof_figures') }} as figures
    on figures.quarter = organisations.quarter and figures.trust_code = organisations.organisation_code
where successions.merger_date <= quarters.period_start
group by organisations.quarter, organisations.organisation_code, successions.successor_code, successions.merger_date
