{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- A metric published in a unit that the framework does not expect is taken as it is: is it still that metric?
select
    min(metric_values.source_sha256) as source_sha256,
    min(metric_values.source_member) as source_member,
    min(metric_values.source_row) as source_row,
    metric_values.quarter,
    metric_values.league,
    metric_values.metric_id,
    metrics.unit as unit_expected,
    metric_values.unit as unit_published,
    count(*) as figures
from {{ ref('metric_values') }} as metric_values
inner join {{ ref('seeded_metrics') }} as metrics
    on
        metrics.quarter = metric_values.quarter
        and metrics.league = metric_values.league
        and metrics.metric_id = metric_values.metric_id
where metric_values.value is not null and lower(metric_values.unit) <> lower(metrics.unit)
group by metric_values.quarter, metric_values.league, metric_values.metric_id, metrics.unit, metric_values.unit
