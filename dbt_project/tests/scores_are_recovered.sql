{{ config(tags=['score_rank'], severity='warn', meta={'dagster': {'ref': {'name': 'recovered_scores'}}}) }}
-- No population size fits the published scores of a metric: they were used at two decimals, and averages may be off.
select
    scores.quarter,
    inputs.league,
    scores.metric_id,
    min(scores.organisation_code) as such_as,
    count(*) as scores
from {{ ref('recovered_scores') }} as scores
inner join {{ ref('scoring_inputs') }} as inputs
    on
        inputs.quarter = scores.quarter
        and inputs.organisation_code = scores.organisation_code
        and inputs.metric_id = scores.metric_id
where scores.score_basis = 'published'
group by scores.quarter, inputs.league, scores.metric_id
