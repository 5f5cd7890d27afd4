-- A score at the cut point belongs to the better segment.
select
    scores.quarter,
    scores.framework,
    scores.organisation_code,
    scores.league,
    scores.scope,
    scores.score,
    cast(1 + sum(case when scores.score > cuts.cut_point then 1 else 0 end) as integer) as segment,
    cast(max(cuts.cut_point_basis) as string) as cut_point_basis
from {{ ref('scores_to_segment') }} as scores
inner join {{ ref('segment_cut_points') }} as cuts
    on cuts.quarter = scores.quarter and cuts.framework = scores.framework and cuts.scope = scores.scope
group by
    scores.quarter,
    scores.framework,
    scores.organisation_code,
    scores.league,
    scores.scope,
    scores.score
