{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A figure that is described as another metric of its league: its id or its description is wrong.
select
    min(figures.source_sha256) as source_sha256,
    min(figures.source_row) as source_row,
    figures.quarter,
    figures.league,
    figures.published_id,
    figures.description,
    others.metric_id as id_of_that_description,
    count(*) as figures
from {{ ref('nof_figures') }} as figures
inner join {{ ref('metrics_in_force') }} as others
    on
        others.quarter = figures.quarter
        and others.league = figures.league
        and lower(trim(others.title)) = lower(figures.description)
        and others.metric_id <> figures.published_id
inner join {{ ref('metrics_in_force') }} as own
    on
        own.quarter = figures.quarter
        and own.league = figures.league
        and own.metric_id = figures.published_id
        and lower(trim(own.title)) <> lower(trim(others.title))
group by figures.quarter, figures.league, figures.published_id, figures.description, others.metric_id
