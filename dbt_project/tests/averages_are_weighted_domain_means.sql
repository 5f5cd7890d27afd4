{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'average_scores'}}}) }}
-- Another way to the same average: domains put together again, each with the weight of its metrics.
with domains as (
    select
        quarter,
        league,
        organisation_code,
        domain,
        sum(weight) as domain_weight,
        sum({{ as_double('score_exact') }} * weight) / sum(weight) as domain_mean
    from {{ ref('metric_scores') }}
    where counted
    group by quarter, league, organisation_code, domain
),

again as (
    select
        quarter,
        league,
        organisation_code,
        sum(domain_mean * domain_weight) / sum(domain_weight) as average_score
    from domains
    group by quarter, league, organisation_code
)

select
    scores.quarter,
    scores.organisation_code,
    scores.average_score,
    again.average_score as average_again
from {{ ref('average_scores') }} as scores
inner join again
    on
        again.quarter = scores.quarter
        and again.league = scores.league
        and again.organisation_code = scores.organisation_code
where abs(scores.average_score - again.average_score) > 0.00500001
