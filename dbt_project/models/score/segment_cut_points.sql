-- Quartiles over all organisations where the framework says so and all its leagues are at hand, else the cut points
-- seeded.
with methods as (
    select
        in_force.quarter,
        in_force.framework,
        max(frameworks.segment_method) = 'quartiles_of_all_providers'
        and count(*) = count(case when at_hand.value_basis = frameworks.value_basis then 1 end) as by_quartiles
    from {{ ref('quarters_in_scope') }} as quarters
    inner join {{ ref('quarter_frameworks') }} as in_force on in_force.quarter = quarters.quarter
    inner join {{ ref('frameworks') }} as frameworks on frameworks.framework = in_force.framework
    inner join {{ ref('leagues') }} as leagues on leagues.framework = in_force.framework
    left join {{ ref('league_value_basis') }} as at_hand
        on at_hand.quarter = in_force.quarter and at_hand.league = leagues.league
    group by in_force.quarter, in_force.framework
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
    cut_points.quarter,
    cut_points.framework,
    cut_points.scope,
    cut_points.better_segment,
    cast((cut_points.largest_in_better + cut_points.smallest_in_worse) / 2 as decimal(9, 6)),
    cut_points.basis,
    case when cut_points.largest_in_better = cut_points.smallest_in_worse then cut_points.label else 'inferred' end
from {{ ref('cut_points') }} as cut_points
inner join methods
    on methods.quarter = cut_points.quarter and methods.framework = cut_points.framework and not methods.by_quartiles
