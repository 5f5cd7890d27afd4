{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A published metric that the framework does not know for that league is not scored: say which.
with known as (
    select
        quarter,
        league,
        {{ a_row_each({'published_id': ['metric_id', 'score_id']}) }}
    from {{ ref('metrics_in_force') }}
    union
    select
        quarter,
        league,
        {{ a_row_each({'published_id': ['score_id', 'segment_id']}) }}
    from {{ ref('domains_in_force') }}
    union
    select
        quarter,
        league,
        published_id
    from {{ ref('summary_measures_in_force') }}
)

select
    min(figures.source_sha256) as source_sha256,
    min(figures.source_member) as source_member,
    min(figures.source_row) as source_row,
    figures.quarter,
    figures.league,
    figures.published_id,
    min(figures.description) as description,
    min(figures.unit) as unit,
    count(*) as figures
from {{ ref('nof_figures') }} as figures
left join known
    on
        known.quarter = figures.quarter
        and known.league = figures.league
        and known.published_id = figures.published_id
where known.published_id is null
group by figures.quarter, figures.league, figures.published_id
