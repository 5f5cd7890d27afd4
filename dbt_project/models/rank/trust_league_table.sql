with next_segment as (
    select
        quarter,
        framework,
        better_segment,
        floor(cut_point * 100) / 100 as score_needed
    from {{ ref('segment_cut_points') }}
    where scope = 'overall'
)

select
    placings.quarter,
    placings.league,
    placings.rank,
    ranges.rank_low,
    ranges.rank_high,
    placings.organisation_code as trust_code,
    organisations.organisation_name as trust_name,
    organisations.trust_subtype,
    organisations.region,
    organisations.icb_code,
    placings.average_score,
    ranges.average_score_low,
    ranges.average_score_high,
    placings.segment_unadjusted,
    placings.financial_override,
    placings.segment,
    placings.final_segment,
    placings.rank_without_override,
    cast(
        case
            when placings.financial_override = 0 or placings.segment > placings.override_segment
                then placings.average_score - next_segment.score_needed
        end as decimal(4, 2)
    ) as gap_to_next_segment,
    placings.metrics_counted,
    leagues.metrics_expected,
    leagues.coverage,
    placings.not_ranked_reason is null as ranked,
    placings.not_ranked_reason,
    previous.rank as previous_rank,
    cast(previous.rank - placings.rank as integer) as rank_change
from {{ ref('placings') }} as placings
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = placings.quarter
        and organisations.organisation_code = placings.organisation_code
inner join {{ ref('league_coverage') }} as leagues
    on leagues.quarter = placings.quarter and leagues.league = placings.league
left join {{ ref('likely_ranges') }} as ranges
    on
        ranges.quarter = placings.quarter
        and ranges.league = placings.league
        and ranges.organisation_code = placings.organisation_code
left join next_segment
    on
        next_segment.quarter = placings.quarter
        and next_segment.framework = leagues.framework
        and next_segment.better_segment = placings.segment - 1
left join {{ ref('quarters') }} as quarters on quarters.quarter = placings.quarter
left join {{ ref('placings') }} as previous
    on
        previous.quarter = quarters.previous_quarter
        and previous.league = placings.league
        and previous.organisation_code = placings.organisation_code
where placings.league <> 'icb'
