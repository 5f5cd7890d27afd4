{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'leagues_in_force'}}}) }}
-- A quarter that is asked for has a league of ICBs: ours, of the framework that seed `quarter_frameworks` names, or one
-- that a release shows. A quarter beyond the seed would have no word of ICBs.
select
    quarters.quarter,
    'seed quarter_frameworks names no framework of ICBs' as found
from {{ ref('quarters_in_scope') }} as quarters
left join {{ ref('leagues_in_force') }} as leagues
    on leagues.quarter = quarters.quarter and leagues.league in ('icb', 'icb_official')
where quarters.role = 'asked for' and leagues.quarter is null
