{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A published metric that the framework does not know is not scored: say which.
with known as (
    select metric_id as published_id from {{ ref('metrics') }}
    union all
    select score_id from {{ ref('metrics') }}
    union all
    select score_id from {{ ref('domains') }}
    union all
    select segment_id from {{ ref('domains') }}
    union all
    select published_id from {{ ref('summary_measures') }}
)

select
    figures.quarter,
    figures.league,
    figures.published_id,
    count(*) as figures
from {{ ref('nof_figures') }} as figures
left join known on known.published_id = figures.published_id
where known.published_id is null
group by figures.quarter, figures.league, figures.published_id
