select
    quarter,
    organisation_code,
    league,
    {{ weighted_mean('weight', 'score_exact') }} as average_score,
    cast(count(score_exact) as integer) as metrics_counted
from {{ ref('metric_scores') }}
where counted
group by quarter, organisation_code, league
