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
)

select
    quarter,
    framework,
    scope,
    cast(1 as integer) as better_segment,
    cast(cut_1 as decimal(9, 6)) as cut_point,
    cast('quartiles' as varchar) as cut_point_basis,
    cast('inferred' as varchar) as label
from quartiles
union all
select quarter, framework, scope, 2, cast(cut_2 as decimal(9, 6)), 'quartiles', 'inferred'
from quartiles
union all
select quarter, framework, scope, 3, cast(cut_3 as decimal(9, 6)), 'quartiles', 'inferred'
from quartiles
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
inner join methods
    on methods.quarter = bounds.quarter and methods.framework = bounds.framework and not methods.by_quartiles
