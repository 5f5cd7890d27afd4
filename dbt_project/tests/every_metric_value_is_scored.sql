{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'metric_scores'}}}) }}
-- Nothing is lost between the values that count and the scores, scored or not.
select
    metric_values.quarter,
    metric_values.organisation_code,
    metric_values.metric_id
from {{ ref('metric_values') }} as metric_values
inner join {{ ref('scored_value_basis') }} as bases
    on
        bases.quarter = metric_values.quarter
        and bases.league = metric_values.league
        and bases.metric_id = metric_values.metric_id
        and bases.value_basis = metric_values.value_basis
left join {{ ref('metric_scores') }} as scores
    on
        scores.quarter = metric_values.quarter
        and scores.organisation_code = metric_values.organisation_code
        and scores.metric_id = metric_values.metric_id
where scores.metric_id is null
