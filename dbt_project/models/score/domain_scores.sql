select
    quarter,
    organisation_code,
    league,
    domain,
    {{ weighted_mean('weight', 'score_exact') }} as domain_score,
    cast(count(score_exact) as integer) as metrics_counted
from {{ ref('metric_scores') }}
where counted
group by quarter, organisation_code, league, domain
