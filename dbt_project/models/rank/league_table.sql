-- Ranks of two quarters are compared only under one framework, on the same metrics, and not across a merger of ICBs:
-- where one of a league is gone those below it move up without having changed.
with next_segment as (
    select
        quarter,
        framework,
        better_segment,
        {{ as_double('floor(cut_point * 100)') }} / 100 as score_needed
    from {{ ref('segment_cut_points') }}
    where scope = 'overall'
),

metrics as (
    select
        quarter,
        league,
        {{ joined('metric_id', ' ') }} as expected
    from {{ ref('metrics_in_force') }}
    where counted
    group by quarter, league
),

leagues as (
    select
        coverage.*,
        metrics.expected
    from {{ ref('league_coverage') }} as coverage
    left join metrics on metrics.quarter = coverage.quarter and metrics.league = coverage.league
),

icbs_gone as (
    {{ icbs_gone() }}
),

listed as (
    select
        ranks.quarter,
        ranks.league,
        ranks.organisation_code,
        organisations.organisation_name,
        organisations.organisation_type,
        organisations.trust_subtype,
        organisations.region,
        organisations.icb_code,
        ranks.rank,
        uncertainty.likely_rank_low as rank_low,
        uncertainty.likely_rank_high as rank_high,
        ranks.average_score,
        uncertainty.likely_average_score_low as average_score_low,
        uncertainty.likely_average_score_high as average_score_high,
        ranks.segment_unadjusted,
        ranks.financial_override,
        ranks.segment,
        ranks.final_segment,
        ranks.rank_without_override,
        cast(
            case
                when ranks.financial_override = 1 and ranks.segment <= ranks.override_segment then null
                else ranks.average_score - next_segment.score_needed
            end as decimal(4, 2)
        ) as gap_to_next_segment,
        ranks.metrics_counted,
        leagues.metrics_expected,
        leagues.coverage,
        ranks.not_ranked_reason is null as ranked,
        ranks.not_ranked_reason,
        leagues.framework,
        leagues.framework_status,
        previous.rank as previous_rank,
        cast(
            case
                when ranks.rank is null then null
                when leagues_before.quarter is null then 'the previous quarter is of another framework, or of none'
                when not leagues_before.published
                    then 'no league of the previous quarter: ' || leagues_before.absent_reason
                when previous.rank is null then 'not ranked in the previous quarter'
                when
                    leagues.expected is distinct from leagues_before.expected
                    or leagues.metrics_missing is distinct from leagues_before.metrics_missing
                    then 'the previous quarter was ranked on other metrics'
                when icbs_gone.quarter is not null then 'an ICB of the previous quarter is gone'
            end as string
        ) as no_rank_change_reason
    from {{ ref('league_ranks') }} as ranks
    inner join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = ranks.quarter
            and organisations.organisation_code = ranks.organisation_code
            and coalesce(organisations.league, 'icb') = ranks.league
    inner join leagues
        on leagues.quarter = ranks.quarter and leagues.league = ranks.league
    left join {{ ref('rank_uncertainty') }} as uncertainty
        on
            uncertainty.quarter = ranks.quarter
            and uncertainty.league = ranks.league
            and uncertainty.organisation_code = ranks.organisation_code
    left join next_segment
        on
            next_segment.quarter = ranks.quarter
            and next_segment.framework = leagues.framework
            and next_segment.better_segment = ranks.segment - 1
    left join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = ranks.quarter
    left join leagues as leagues_before
        on
            leagues_before.quarter = quarters.previous_quarter
            and leagues_before.league = ranks.league
            and leagues_before.framework = leagues.framework
    left join icbs_gone on icbs_gone.quarter = ranks.quarter and icbs_gone.league = ranks.league
    left join {{ ref('league_ranks') }} as previous
        on
            previous.quarter = leagues_before.quarter
            and previous.league = ranks.league
            and previous.organisation_code = ranks.organisation_code
)

select
    *,
    case when no_rank_change_reason is null then previous_rank - rank end as rank_change
from listed
