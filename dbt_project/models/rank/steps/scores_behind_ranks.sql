select
    league_ranks.quarter,
    league_ranks.league,
    league_ranks.organisation_code,
    scores.metric_id,
    scores.domain,
    scores.value,
    metrics.polarity,
    scores.score_exact,
    scores.weight,
    metrics.metric_group
from {{ ref('league_ranks') }} as league_ranks
inner join {{ ref('leagues_in_statistics') }} as leagues
    on leagues.quarter = league_ranks.quarter and leagues.league = league_ranks.league
inner join {{ ref('metric_scores') }} as scores
    on
        scores.quarter = league_ranks.quarter
        and scores.league = league_ranks.league
        and scores.organisation_code = league_ranks.organisation_code
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = scores.quarter
        and metrics.league = scores.league
        and metrics.metric_id = scores.metric_id
where league_ranks.rank is not null and scores.counted
