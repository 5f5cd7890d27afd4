select
    quarter,
    organisation_code,
    league,
    {{ round_half_up(as_double('sum(weight * score_exact)') ~ ' / nullif(sum(weight), 0)') }} as average_score,
    cast(count(score_exact) as integer) as metrics_counted
from {{ ref('metric_scores') }}
where counted
group by quarter, organisation_code, league
