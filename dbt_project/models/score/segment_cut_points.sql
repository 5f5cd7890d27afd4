-- Quartiles over all organisations where the framework says so and all its leagues are at hand, else the bounds in
-- force.
with methods as (
    select
        leagues.quarter,
        leagues.framework,
        max(leagues.segment_method) = 'quartiles_of_all_providers'
        and count(*) = count(case when at_hand.value_basis = leagues.value_basis then 1 end) as by_quartiles
    from {{ ref('leagues_in_force') }} as leagues
    left join {{ ref('league_value_basis') }} as at_hand
        on at_hand.quarter = leagues.quarter and at_hand.league = leagues.league
    group by leagues.quarter, leagues.framework
),

-- The leagues of a framework share its cut points, so what is known of each narrows them.
bounds as (
    select
        quarter,
        framework,
        scope,
        better_segment,
        max(largest_in_better) as largest_in_better,
        min(smallest_in_worse) as smallest_in_worse,
        max(largest_seen) as largest_seen,
        min(smallest_seen) as smallest_seen,
        max(basis) as basis,
        max(label) as label
    from {{ ref('cut_points_in_force') }}
    group by quarter, framework, scope, better_segment
),

quartiles as (
    select
        scores.quarter,
        scores.framework,
        scores.scope,
        percentile_cont(0.25) within group (order by {{ as_double('scores.score') }}) as cut_1,
        percentile_cont(0.50) within group (order by {{ as_double('scores.score') }}) as cut_2,
        percentile_cont(0.75) within group (order by {{ as_double('scores.score') }}) as cut_3
    from {{ ref('scores_to_segment') }} as scores
    inner join methods
        on methods.quarter = scores.quarter and methods.framework = scores.framework and methods.by_quartiles
    group by scores.quarter, scores.framework, scores.scope
),

parted as (
    select
        quarter,
        framework,
        scope,
        unnest([1, 2, 3]) as better_segment,
        cast(unnest([cut_1, cut_2, cut_3]) as decimal(9, 6)) as cut_point
    from quartiles
),

-- A quartile that does not part the published segments is not how NHS England cut.
chosen as (
    select parted.*
    from parted
    left join bounds
        on
            bounds.quarter = parted.quarter
            and bounds.framework = parted.framework
            and bounds.scope = parted.scope
            and bounds.better_segment = parted.better_segment
    where
        coalesce(bounds.largest_seen <= parted.cut_point, true)
        and coalesce(parted.cut_point < bounds.smallest_seen, true)
)

select
    quarter,
    framework,
    scope,
    cast(better_segment as integer) as better_segment,
    cut_point,
    cast('quartiles' as varchar) as cut_point_basis,
    cast('inferred' as varchar) as label
from chosen
union all
select
    bounds.quarter,
    bounds.framework,
    bounds.scope,
    bounds.better_segment,
    cast((bounds.largest_in_better + bounds.smallest_in_worse) / 2 as decimal(9, 6)),
    bounds.basis,
    case when bounds.largest_in_better = bounds.smallest_in_worse then bounds.label else 'inferred' end
from bounds
left join chosen
    on
        chosen.quarter = bounds.quarter
        and chosen.framework = bounds.framework
        and chosen.scope = bounds.scope
        and chosen.better_segment = bounds.better_segment
where chosen.scope is null
