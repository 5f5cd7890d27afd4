-- Metrics that are proportions of counts we have: what chance alone can do to them. Counts go with a value in their own
-- unit only. Whole scoring populations of those that count can be scored again.
select
    inputs.quarter,
    inputs.metric_id,
    inputs.league,
    inputs.population,
    inputs.organisation_code,
    inputs.value,
    counts.denominator,
    inputs.polarity,
    inputs.threshold,
    inputs.standard,
    inputs.floor,
    inputs.beyond_threshold_score,
    inputs.best_score,
    inputs.span,
    inputs.single_score,
    cast(coalesce(inputs.score_decimals, 10) as integer) as score_decimals,
    coalesce(
        quarters.role = 'asked for'
        and inputs.counts_in_average
        and inputs.best_score is not null
        and inputs.population_complete,
        false
    ) as rescored
from {{ ref('scoring_inputs') }} as inputs
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = inputs.quarter
inner join {{ ref('rules_in_force') }} as rules
    on
        rules.quarter = inputs.quarter
        and rules.framework = inputs.framework
        and rules.metric_id = inputs.metric_id
        and rules.sampling_law = 'binomial'
left join {{ ref('metric_values') }} as counts
    on
        counts.quarter = inputs.quarter
        and counts.organisation_code = inputs.organisation_code
        and counts.metric_id = inputs.metric_id
        and counts.value_basis = 'computed'
        and counts.status = 'reported'
        and lower(counts.unit) = lower(inputs.unit)
where inputs.value is not null
