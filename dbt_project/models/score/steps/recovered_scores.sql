-- Where the scoring population is not at hand, the published score gives the rank and the rank gives the exact score.
with published as (
    select
        inputs.*,
        sizes.population_size,
        sizes.label as size_label,
        coalesce(inputs.published_score = inputs.beyond_threshold_score, false) as beyond_threshold,
        {{ grid_step('inputs.published_score', 'inputs.best_score', 'inputs.span', 'sizes.population_size') }} as step
    from {{ ref('scoring_inputs') }} as inputs
    left join {{ ref('population_sizes_recovered') }} as sizes
        on
            sizes.quarter = inputs.quarter
            and sizes.metric_id = inputs.metric_id
            and sizes.population = inputs.population
    where inputs.best_score is not null and not inputs.population_complete and inputs.published_score is not null
)

select
    quarter,
    organisation_code,
    metric_id,
    cast(case when not beyond_threshold then population_size end as integer) as population_size,
    cast(case when not beyond_threshold then step + 1 end as integer) as rank_in_population,
    cast(
        case
            when beyond_threshold or population_size is null then published_score
            else best_score + span * step / {{ as_double('population_size - 1') }}
        end as decimal(18, 10)
    ) as score,
    cast(
        case when beyond_threshold or population_size is not null then 'recovered' else 'published' end as varchar
    ) as score_basis,
    cast(case when beyond_threshold then 'verified' else coalesce(size_label, 'inferred') end as varchar) as label
from published
