-- Sizes of populations that are not at hand, and how many sizes hold the published scores of all leagues at hand. A
-- population has no more members than its framework has organisations, or than the size in force.
with grids as (
    {{ found('grids_that_fit', {'metric_id': 'string', 'scoring_rule': 'string', 'population_size': 'integer'}) }}
),

at_hand as (
    select
        quarter,
        framework,
        metric_id,
        population,
        min(size_in_force) as population_size,
        min(size_label) as label,
        count(distinct league) as leagues
    from {{ ref('scoring_inputs') }}
    where
        best_score is not null
        and not population_complete
        and published_score is distinct from beyond_threshold_score
        and published_score is not null
        and size_in_force is not null
    group by quarter, framework, metric_id, population
    having count(distinct size_in_force) = 1
),

providers as (
    select
        quarter,
        framework,
        sum(expected_organisations) as expected_organisations
    from {{ ref('leagues_in_force') }}
    group by quarter, framework
),

fits as (
    select
        metrics.quarter,
        metrics.metric_id,
        metrics.population,
        grids.population_size,
        count(*) as leagues
    from {{ ref('metrics_in_force') }} as metrics
    inner join grids
        on
            grids.quarter = metrics.quarter
            and grids.league = metrics.league
            and grids.metric_id = metrics.metric_id
            and grids.scoring_rule = metrics.scoring_rule
    group by metrics.quarter, metrics.metric_id, metrics.population, grids.population_size
)

select
    at_hand.quarter,
    at_hand.metric_id,
    at_hand.population,
    at_hand.population_size,
    at_hand.label,
    cast(count(fits.population_size) as integer) as sizes_that_fit
from at_hand
inner join providers on providers.quarter = at_hand.quarter and providers.framework = at_hand.framework
left join fits
    on
        fits.quarter = at_hand.quarter
        and fits.metric_id = at_hand.metric_id
        and fits.population = at_hand.population
        and fits.leagues = at_hand.leagues
        and fits.population_size <= greatest(providers.expected_organisations, at_hand.population_size)
group by
    at_hand.quarter, at_hand.metric_id, at_hand.population, at_hand.population_size, at_hand.label
