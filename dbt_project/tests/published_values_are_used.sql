{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- A published value of a metric of the league is the value of that metric: none is left aside with its unit.
select
    figures.source_sha256,
    figures.source_member,
    figures.source_row,
    figures.quarter,
    figures.trust_code,
    figures.published_id,
    figures.unit,
    figures.value
from {{ ref('nof_figures') }} as figures
inner join {{ ref('metric_values') }} as metric_values
    on
        metric_values.quarter = figures.quarter
        and metric_values.league = figures.league
        and metric_values.organisation_code = figures.trust_code
        and metric_values.metric_id = figures.published_id
        and metric_values.value_basis = 'published'
where figures.value is not null and metric_values.value is null
