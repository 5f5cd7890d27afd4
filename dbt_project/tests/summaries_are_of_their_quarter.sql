{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- Segments and average scores are of the quarter that their row is of. Other figures may lag.
select
    figures.source_sha256,
    figures.source_row,
    figures.league,
    figures.trust_code,
    figures.published_id,
    figures.quarter,
    figures.reporting_date
from {{ ref('nof_figures') }} as figures
inner join {{ ref('summary_measures_in_force') }} as summaries
    on
        summaries.quarter = figures.quarter
        and summaries.league = figures.league
        and summaries.published_id = figures.published_id
where
    {{ matches('figures.reporting_date', 'Q. [0-9]{4}.[0-9]{2}') }}
    and replace(substr(figures.reporting_date, 4), '/', '-') || '-' || left(figures.reporting_date, 2)
    <> cast(figures.quarter as string)
