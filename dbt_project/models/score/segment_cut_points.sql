-- Quartiles over all providers where every league of the framework is at hand, else the cut points observed that quarter.
with leagues_at_hand as (
    select
        quarters.quarter,
        count(*) as leagues_expected,
        count(at_hand.league) as leagues_present
    from {{ ref('quarters_built') }} as quarters
    inner join {{ ref('leagues') }} as leagues on leagues.framework = quarters.framework
    left join (select distinct quarter, league from {{ ref('organisations') }}) as at_hand
        on at_hand.quarter = quarters.quarter and at_hand.league = leagues.league
    group by quarters.quarter
),

quartiles as (
    select
        scores.quarter,
        scores.scope,
        percentile_cont(0.25) within group (order by cast(scores.score as double)) as cut_1,
        percentile_cont(0.50) within group (order by cast(scores.score as double)) as cut_2,
        percentile_cont(0.75) within group (order by cast(scores.score as double)) as cut_3
    from {{ ref('scores_to_segment') }} as scores
    inner join leagues_at_hand
        on leagues_at_hand.quarter = scores.quarter and leagues_at_hand.leagues_present = leagues_at_hand.leagues_expected
    group by scores.quarter, scores.scope
)

select
    quarter,
    scope,
    cast(1 as integer) as better_segment,
    cast(cut_1 as decimal(9, 6)) as cut_point,
    cast('quartiles' as varchar) as cut_point_basis,
    cast('inferred' as varchar) as label
from quartiles
union all
select quarter, scope, 2, cast(cut_2 as decimal(9, 6)), 'quartiles', 'inferred'
from quartiles
union all
select quarter, scope, 3, cast(cut_3 as decimal(9, 6)), 'quartiles', 'inferred'
from quartiles
union all
select
    observed.quarter,
    observed.scope,
    observed.better_segment,
    cast((observed.largest_in_better + observed.smallest_in_worse) / 2 as decimal(9, 6)),
    'observed',
    observed.label
from {{ ref('observed_cut_points') }} as observed
inner join leagues_at_hand
    on leagues_at_hand.quarter = observed.quarter and leagues_at_hand.leagues_present < leagues_at_hand.leagues_expected
