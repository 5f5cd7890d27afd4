-- Rank within league by adjusted segment, then average score; ties share the best rank (1, 1, 3).
with placed as (
    select
        organisations.quarter,
        organisations.league,
        organisations.organisation_code,
        organisations.organisation_name,
        organisations.trust_subtype,
        organisations.region,
        organisations.icb_code,
        case when covered.covered then scores.average_score end as average_score,
        scores.metrics_counted,
        segments.segment_unadjusted,
        segments.financial_override,
        segments.segment,
        segments.final_segment,
        segments.override_segment,
        case
            when covered.not_covered_reason is not null then covered.not_covered_reason
            when scores.average_score is null then 'no metric has a score'
            when segments.segment_unadjusted is null then 'no segment cut points for the quarter'
            when segments.segment is null then 'the financial override flag is not published'
        end as not_ranked_reason
    from {{ ref('organisations') }} as organisations
    left join {{ ref('average_scores') }} as scores
        on
            scores.quarter = organisations.quarter
            and scores.organisation_code = organisations.organisation_code
    left join {{ ref('adjusted_segments') }} as segments
        on
            segments.quarter = organisations.quarter
            and segments.organisation_code = organisations.organisation_code
    left join {{ ref('organisations_covered') }} as covered
        on
            covered.quarter = organisations.quarter
            and covered.organisation_code = organisations.organisation_code
            and covered.scope = 'overall'
    where organisations.organisation_type = 'trust' and organisations.league is not null
),

ranked as (
    select
        *,
        case
            when not_ranked_reason is null
                then rank() over (
                    partition by quarter, league, not_ranked_reason is null
                    order by segment, average_score
                )
        end as league_rank,
        case
            when average_score is not null
                then rank() over (partition by quarter, league order by average_score nulls last)
        end as rank_without_override
    from placed
),

next_segment as (
    select
        quarter,
        framework,
        better_segment,
        floor(cut_point * 100) / 100 as score_needed
    from {{ ref('segment_cut_points') }}
    where scope = 'overall'
)

select
    ranked.quarter,
    ranked.league,
    cast(ranked.league_rank as integer) as rank,
    cast(null as integer) as rank_low,
    cast(null as integer) as rank_high,
    ranked.organisation_code as trust_code,
    ranked.organisation_name as trust_name,
    ranked.trust_subtype,
    ranked.region,
    ranked.icb_code,
    ranked.average_score,
    cast(null as decimal(4, 2)) as average_score_low,
    cast(null as decimal(4, 2)) as average_score_high,
    ranked.segment_unadjusted,
    ranked.financial_override,
    ranked.segment,
    ranked.final_segment,
    cast(ranked.rank_without_override as integer) as rank_without_override,
    cast(
        case
            when ranked.financial_override = 0 or ranked.segment > ranked.override_segment
                then ranked.average_score - next_segment.score_needed
        end as decimal(4, 2)
    ) as gap_to_next_segment,
    coalesce(ranked.metrics_counted, 0) as metrics_counted,
    leagues.metrics_expected,
    leagues.coverage,
    ranked.not_ranked_reason is null as ranked,
    cast(ranked.not_ranked_reason as varchar) as not_ranked_reason,
    cast(previous.league_rank as integer) as previous_rank,
    cast(previous.league_rank - ranked.league_rank as integer) as rank_change
from ranked
inner join {{ ref('league_coverage') }} as leagues
    on leagues.quarter = ranked.quarter and leagues.league = ranked.league
left join next_segment
    on
        next_segment.quarter = ranked.quarter
        and next_segment.framework = leagues.framework
        and next_segment.better_segment = ranked.segment - 1
left join {{ ref('quarters') }} as quarters on quarters.quarter = ranked.quarter
left join ranked as previous
    on
        previous.quarter = quarters.previous_quarter
        and previous.league = ranked.league
        and previous.organisation_code = ranked.organisation_code
