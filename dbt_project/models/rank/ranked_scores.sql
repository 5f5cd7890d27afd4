select
    placings.quarter,
    placings.league,
    placings.organisation_code,
    scores.metric_id,
    scores.domain,
    scores.value,
    metrics.polarity,
    scores.score_exact,
    scores.weight
from {{ ref('placings') }} as placings
inner join {{ ref('leagues_ranked') }} as leagues
    on leagues.quarter = placings.quarter and leagues.league = placings.league
inner join {{ ref('metric_scores') }} as scores
    on
        scores.quarter = placings.quarter
        and scores.league = placings.league
        and scores.organisation_code = placings.organisation_code
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = leagues.framework and metrics.metric_id = scores.metric_id
where placings.rank is not null and scores.counted
