{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'rank_scores'}}}) }}
-- Another way to the same score: best + span x percent_rank, from the engine's own percent_rank.
with again as (
    select
        scores.quarter,
        scores.organisation_code,
        scores.metric_id,
        scores.score,
        case
            when scores.beyond_threshold then inputs.beyond_threshold_score
            when scores.population_size = 1 then inputs.single_score
            else inputs.best_score + inputs.span * percent_rank() over (
                partition by scores.quarter, scores.metric_id, inputs.population, scores.beyond_threshold
                order by scores.rank_in_population
            )
        end as score_again
    from {{ ref('rank_scores') }} as scores
    inner join {{ ref('scoring_inputs') }} as inputs
        on
            inputs.quarter = scores.quarter
            and inputs.organisation_code = scores.organisation_code
            and inputs.metric_id = scores.metric_id
)

select
    quarter,
    organisation_code,
    metric_id,
    score,
    score_again
from again
where abs(score - score_again) > 0.000000001
