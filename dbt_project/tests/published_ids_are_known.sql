{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A published metric that the framework does not know for that league is not scored: say which.
with league_ids as (
    select
        league_metrics.league,
        metrics.metric_id,
        metrics.score_id
    from {{ ref('league_metrics') }} as league_metrics
    inner join {{ ref('metrics') }} as metrics
        on metrics.framework = league_metrics.framework and metrics.metric_id = league_metrics.metric_id
),

shared_ids as (
    select score_id as published_id from {{ ref('domains') }}
    union all
    select segment_id as published_id from {{ ref('domains') }}
    union all
    select published_id from {{ ref('summary_measures') }}
),

known as (
    select
        league,
        metric_id as published_id
    from league_ids
    union
    select
        league,
        score_id as published_id
    from league_ids
    union
    select
        leagues.league,
        shared_ids.published_id
    from shared_ids
    cross join {{ ref('leagues') }} as leagues
)

select
    figures.quarter,
    figures.league,
    figures.published_id,
    count(*) as figures
from {{ ref('nof_figures') }} as figures
left join known on known.published_id = figures.published_id and known.league = figures.league
where known.published_id is null
group by figures.quarter, figures.league, figures.published_id
