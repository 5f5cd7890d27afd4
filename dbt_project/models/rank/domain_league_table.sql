-- One metric, or one group, says nothing of how the rank hangs on the choice of metrics: its range would have no width.
with scored as (
    select
        domains.quarter,
        domains.league,
        domains.domain,
        domains.organisation_code,
        domains.domain_score,
        domains.metrics_counted,
        covered.metrics_at_hand,
        covered.metrics_expected,
        covered.covered,
        covered.not_covered_reason
    from {{ ref('domain_scores') }} as domains
    inner join {{ ref('organisations_covered') }} as covered
        on
            covered.quarter = domains.quarter
            and covered.league = domains.league
            and covered.organisation_code = domains.organisation_code
            and covered.scope = domains.domain
)

select
    scored.quarter,
    scored.league,
    scored.domain,
    scored.organisation_code,
    scored.domain_score,
    segments.segment as domain_segment,
    cast(
        case
            when scored.covered
                then rank() over (
                    partition by scored.quarter, scored.league, scored.domain, scored.covered
                    order by scored.domain_score
                )
        end as integer
    ) as rank,
    case when ranges.drawn_among > 1 then ranges.rank_low end as rank_low,
    case when ranges.drawn_among > 1 then ranges.rank_high end as rank_high,
    scored.metrics_counted,
    scored.metrics_at_hand,
    scored.metrics_expected,
    scored.covered as ranked,
    scored.not_covered_reason as not_ranked_reason,
    leagues.framework_status
from scored
inner join {{ ref('leagues_in_force') }} as leagues
    on leagues.quarter = scored.quarter and leagues.league = scored.league
left join {{ ref('unadjusted_segments') }} as segments
    on
        segments.quarter = scored.quarter
        and segments.league = scored.league
        and segments.organisation_code = scored.organisation_code
        and segments.scope = scored.domain
left join {{ ref('domain_ranges') }} as ranges
    on
        ranges.quarter = scored.quarter
        and ranges.league = scored.league
        and ranges.organisation_code = scored.organisation_code
        and ranges.scope = scored.domain
