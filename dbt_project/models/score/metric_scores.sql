-- One row for every metric of the spine: the score, where it comes from, and whether it counts.
with scored as (
    select
        inputs.*,
        coalesce(ranked.population_size, recovered.population_size, of_counts.population_size) as population_size,
        coalesce(ranked.rank_in_population, recovered.rank_in_population, of_counts.rank_in_population)
            as rank_in_population,
        ranked.ties_split_by,
        coalesce(
            ranked.score,
            recovered.score,
            lookup.score,
            of_counts.score,
            case when inputs.value is null or inputs.scoring_rule = 'published_score' then inputs.published_score end
        ) as full_score,
        case
            when ranked.score is not null or lookup.score is not null then 'computed'
            when recovered.score is not null then recovered.score_basis
            when of_counts.score is not null then 'computed'
            when
                (inputs.value is null or inputs.scoring_rule = 'published_score')
                and inputs.published_score is not null
                then 'published'
            else 'none'
        end as score_basis,
        {{ weakest_label('inputs.label', 'coalesce(ranked.label, recovered.label, lookup.label)') }} as rule_label
    from {{ ref('scoring_inputs') }} as inputs
    left join {{ ref('rank_scores') }} as ranked
        on
            ranked.quarter = inputs.quarter
            and ranked.organisation_code = inputs.organisation_code
            and ranked.metric_id = inputs.metric_id
    left join {{ ref('recovered_scores') }} as recovered
        on
            recovered.quarter = inputs.quarter
            and recovered.organisation_code = inputs.organisation_code
            and recovered.metric_id = inputs.metric_id
    left join {{ ref('lookup_scores') }} as lookup
        on
            lookup.quarter = inputs.quarter
            and lookup.organisation_code = inputs.organisation_code
            and lookup.metric_id = inputs.metric_id
    left join {{ ref('scores_of_counts') }} as of_counts
        on
            inputs.value_basis = 'computed'
            and of_counts.quarter = inputs.quarter
            and of_counts.organisation_code = inputs.organisation_code
            and of_counts.metric_id = inputs.metric_id
)

select
    quarter,
    organisation_code,
    league,
    metric_id,
    domain,
    value_basis,
    value,
    population,
    population_size,
    rank_in_population,
    {{ round_half_up('full_score') }} as score,
    cast(case when score_decimals = 2 then round(full_score, 2) else full_score end as decimal(18, 10)) as score_exact,
    cast(score_basis as string) as score_basis,
    ties_split_by,
    weight,
    counts_in_average and full_score is not null as counted,
    cast(rule_label as string) as label
from scored
