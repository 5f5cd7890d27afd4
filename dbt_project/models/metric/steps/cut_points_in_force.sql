select
    leagues.quarter,
    leagues.framework,
    leagues.league,
    cast(cut_points.scope as varchar) as scope,
    cut_points.better_segment,
    cut_points.largest_in_better,
    cut_points.smallest_in_worse,
    cast(cut_points.basis as varchar) as basis,
    cast(cut_points.label as varchar) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('cut_points') }} as cut_points
    on cut_points.framework = leagues.framework and cut_points.quarter = leagues.quarter
