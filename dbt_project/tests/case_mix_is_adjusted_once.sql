{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'context_view'}}}) }}
-- A metric whose publisher compares patients with their like already is not adjusted for their context again.
select
    adjusted.quarter,
    adjusted.league,
    adjusted.organisation_code,
    adjusted.outcome as metric_id
from {{ ref('context_view') }} as adjusted
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = adjusted.quarter
        and metrics.league = adjusted.league
        and metrics.metric_id = adjusted.outcome
inner join {{ ref('metrics') }} as seeded
    on seeded.framework = metrics.framework and seeded.metric_id = metrics.metric_id and seeded.case_mix_adjusted
