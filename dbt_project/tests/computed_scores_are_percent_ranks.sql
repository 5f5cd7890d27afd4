{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'computed_scores'}}}) }}
-- Another way to the same score: best + span x percent_rank, from the engine's own percent_rank.
with again as (
    select
        quarter,
        organisation_code,
        metric_id,
        case
            when beyond_threshold then beyond_threshold_score
            when population_size = 1 then single_score
            else best_score + span * percent_rank() over (
                partition by quarter, metric_id, population, beyond_threshold
                order by rank_in_population
            )
        end as score
    from {{ ref('ranked_values') }}
)

select
    scores.quarter,
    scores.organisation_code,
    scores.metric_id,
    scores.score,
    again.score as score_again
from {{ ref('computed_scores') }} as scores
inner join again
    on
        again.quarter = scores.quarter
        and again.organisation_code = scores.organisation_code
        and again.metric_id = scores.metric_id
where abs(scores.score - again.score) > 0.000000001
