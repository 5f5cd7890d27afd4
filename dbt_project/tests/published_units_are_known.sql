{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- A metric published in a unit that the framework does not expect: taken as it is, unless it is a count or a rate.
select
    metric_values.quarter,
    metric_values.metric_id,
    metrics.unit as unit_expected,
    figures.unit as unit_published,
    count(*) as figures
from {{ ref('metric_values') }} as metric_values
inner join {{ ref('quarters_built') }} as quarters on quarters.quarter = metric_values.quarter
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = quarters.framework and metrics.metric_id = metric_values.metric_id
inner join {{ ref('nof_figures') }} as figures
    on
        figures.quarter = metric_values.quarter
        and figures.trust_code = metric_values.organisation_code
        and figures.published_id = metric_values.metric_id
where figures.unit <> metrics.unit and metric_values.unit <> metrics.unit
group by metric_values.quarter, metric_values.metric_id, metrics.unit, figures.unit
