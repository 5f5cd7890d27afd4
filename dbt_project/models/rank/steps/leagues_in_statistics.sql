-- The leagues whose ranks the statistics question: that asked for, and that of the quarter before.
with ranked as (
    select
        quarter,
        league,
        count(*) as organisations
    from {{ ref('league_ranks') }}
    where rank is not null
    group by quarter, league
),

cut_points as (
    select
        quarter,
        framework,
        max(case when better_segment = 1 then cut_point end) as cut_1,
        max(case when better_segment = 2 then cut_point end) as cut_2,
        max(case when better_segment = 3 then cut_point end) as cut_3
    from {{ ref('segment_cut_points') }}
    where scope = 'overall'
    group by quarter, framework
)

select
    ranked.quarter,
    ranked.league,
    leagues.framework,
    quarters.role,
    cast(ranked.organisations as integer) as organisations,
    cut_points.cut_1,
    cut_points.cut_2,
    cut_points.cut_3
from ranked
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = ranked.quarter
inner join {{ ref('league_coverage') }} as leagues
    on leagues.quarter = ranked.quarter and leagues.league = ranked.league
inner join cut_points
    on cut_points.quarter = ranked.quarter and cut_points.framework = leagues.framework
