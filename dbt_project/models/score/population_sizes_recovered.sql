-- Published scores lie on the grid best + span k/(N-1), rounded. The size N is the smallest that fits them all (every
-- multiple of N-1 fits as well), unless the framework knows a size for the quarter and that one fits too.
with recursive sizes (population_size) as (
    select 2 as population_size
    union all
    select population_size + 1 from sizes
    where population_size < 400
),

on_grid as (
    select
        quarter,
        framework,
        metric_id,
        population,
        published_score,
        best_score,
        span,
        size_known
    from {{ ref('scoring_inputs') }}
    where
        best_score is not null
        and not population_complete
        and published_score is not null
        and (beyond_threshold_score is null or published_score <> beyond_threshold_score)
),

at_hand as (
    select
        quarter,
        metric_id,
        population,
        count(*) as organisations,
        max(size_known) as size_known
    from on_grid
    group by quarter, metric_id, population
),

providers as (
    select
        quarter,
        framework,
        sum(expected_organisations) as expected_organisations
    from {{ ref('leagues_in_force') }}
    group by quarter, framework
),

known as (
    select
        quarter,
        metric_id,
        population,
        population_size,
        bool_or(label = 'discovered') as is_discovered
    from {{ ref('metrics_in_force') }}
    group by quarter, metric_id, population, population_size
),

steps as (
    select
        on_grid.*,
        sizes.population_size,
        {{ grid_step('on_grid.published_score', 'on_grid.best_score', 'on_grid.span', 'sizes.population_size') }}
            as step
    from on_grid
    inner join at_hand
        on
            at_hand.quarter = on_grid.quarter
            and at_hand.metric_id = on_grid.metric_id
            and at_hand.population = on_grid.population
    inner join providers
        on providers.quarter = on_grid.quarter and providers.framework = on_grid.framework
    inner join sizes
        on
            sizes.population_size >= at_hand.organisations
            and sizes.population_size <= greatest(providers.expected_organisations, at_hand.size_known)
),

fits as (
    select
        quarter,
        metric_id,
        population,
        population_size
    from steps
    group by quarter, metric_id, population, population_size
    having
        min(
            case
                when
                    published_score
                    = {{ round_half_up('best_score + span * step / ' ~ as_double('population_size - 1')) }}
                    and step between 0 and population_size - 1
                    then 1
                else 0
            end
        ) = 1
)

select
    fits.quarter,
    fits.metric_id,
    fits.population,
    cast(coalesce(max(known.population_size), min(fits.population_size)) as integer) as population_size,
    cast(
        case
            when max(known.population_size) is null then 'inferred'
            when bool_or(known.is_discovered) then 'discovered'
            else 'verified'
        end as varchar
    ) as label,
    cast(count(fits.population_size) as integer) as sizes_that_fit
from fits
left join known
    on
        known.quarter = fits.quarter
        and known.metric_id = fits.metric_id
        and known.population = fits.population
        and known.population_size = fits.population_size
group by fits.quarter, fits.metric_id, fits.population
