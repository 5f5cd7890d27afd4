-- Where the scoring population is not at hand, the published score gives the rank and the rank gives the exact score.
with published as (
    select
        *,
        coalesce(published_score = beyond_threshold_score, false) as beyond_threshold,
        {{ grid_step('published_score', 'best_score', 'span', 'size_in_force') }} as step
    from {{ ref('scoring_inputs') }}
    where best_score is not null and not population_complete and published_score is not null
)

select
    quarter,
    organisation_code,
    metric_id,
    cast(case when not beyond_threshold then size_in_force end as integer) as population_size,
    cast(case when not beyond_threshold then step + 1 end as integer) as rank_in_population,
    cast(
        case
            when beyond_threshold or coalesce(size_in_force, 1) = 1 then published_score
            else best_score + span * step / {{ as_double('size_in_force - 1') }}
        end as decimal(18, 10)
    ) as score,
    cast(
        case when beyond_threshold or size_in_force is not null then 'recovered' else 'published' end as string
    ) as score_basis,
    cast(
        case when beyond_threshold then 'verified' when size_in_force is null then 'inferred' else size_label end
        as string
    ) as label
from published
