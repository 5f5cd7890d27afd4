select
    domains.quarter,
    domains.league,
    domains.domain,
    domains.organisation_code,
    domains.domain_score,
    segments.segment as domain_segment,
    cast(rank() over (
        partition by domains.quarter, domains.league, domains.domain
        order by domains.domain_score
    ) as integer) as rank,
    domains.metrics_counted
from {{ ref('domain_scores') }} as domains
left join {{ ref('unadjusted_segments') }} as segments
    on
        segments.quarter = domains.quarter
        and segments.organisation_code = domains.organisation_code
        and segments.scope = domains.domain
