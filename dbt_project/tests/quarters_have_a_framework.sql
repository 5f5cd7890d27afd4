{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'leagues_in_force'}}}) }}
-- A quarter that is asked for has a league: of the framework that seed `quarter_frameworks` names, or one that a
-- release shows. Without either every table would be empty.
select quarters.quarter
from {{ ref('quarters_in_scope') }} as quarters
left join {{ ref('leagues_in_force') }} as leagues on leagues.quarter = quarters.quarter
where quarters.role = 'asked for' and leagues.quarter is null
