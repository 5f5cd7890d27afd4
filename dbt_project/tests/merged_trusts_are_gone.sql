{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A predecessor that merged before the quarter began should not report in it.
select
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
where successions.merger_date <= quarters.period_start
