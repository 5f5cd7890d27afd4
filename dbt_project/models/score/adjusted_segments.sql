-- The financial override is a published flag: what triggers it cannot be computed from published metrics. A framework
-- without an override segment has none.
with summary as (
    select
        figures.quarter,
        figures.league,
        figures.trust_code,
        max(case when measures.measure = 'financial_override' then figures.value end) as financial_override,
        max(case when measures.measure = 'improvement_programme' then figures.value end) as improvement_programme
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('summary_measures_in_force') }} as measures
        on
            measures.quarter = figures.quarter
            and measures.league = figures.league
            and measures.published_id = figures.published_id
    group by figures.quarter, figures.league, figures.trust_code
),

adjusted as (
    select
        segments.quarter,
        segments.organisation_code,
        segments.league,
        segments.score as average_score,
        segments.segment as segment_unadjusted,
        segments.cut_point_basis,
        summary.financial_override,
        summary.improvement_programme,
        case
            when leagues.override_segment is null then segments.segment
            when summary.financial_override = 1 then greatest(segments.segment, leagues.override_segment)
            when summary.financial_override = 0 then segments.segment
        end as segment,
        leagues.override_segment,
        leagues.programme_segment
    from {{ ref('unadjusted_segments') }} as segments
    inner join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = segments.quarter and leagues.league = segments.league
    left join summary
        on
            summary.quarter = segments.quarter
            and summary.league = segments.league
            and summary.trust_code = segments.organisation_code
    where segments.scope = 'overall'
)

select
    quarter,
    organisation_code,
    league,
    average_score,
    segment_unadjusted,
    cast(financial_override as integer) as financial_override,
    cast(segment as integer) as segment,
    cast(
        case improvement_programme
            when 1 then greatest(segment, coalesce(programme_segment, segment))
            when 0 then segment
        end as integer
    ) as final_segment,
    cut_point_basis,
    cast(override_segment as integer) as override_segment
from adjusted
