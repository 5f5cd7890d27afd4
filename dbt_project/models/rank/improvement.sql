-- Ranks of two quarters are compared where the league table compares them: only on the same metrics. Nor are scores
-- across a merger of ICBs: where one of a league is gone, the scores by rank of the others move without their change.
with placed as (
    select placed.*
    from {{ ref('league_table') }} as placed
    inner join {{ ref('leagues_in_statistics') }} as leagues
        on leagues.quarter = placed.quarter and leagues.league = placed.league and leagues.role = 'asked for'
    where placed.rank is not null
),

compared as (
    select
        placed.quarter,
        placed.league,
        placed.organisation_code,
        metrics.previous_quarter,
        metrics.metric_id,
        metrics.carried_over,
        case
            when not metrics.comparable then metrics.excluded_reason
            when scores.metric_id is null and scores_before.metric_id is not null then 'not scored this quarter'
            when scores.metric_id is not null and scores_before.metric_id is null and previous.rank is not null
                then 'not scored the quarter before'
        end as excluded_reason
    from placed
    inner join {{ ref('metrics_compared') }} as metrics
        on metrics.quarter = placed.quarter and metrics.league = placed.league
    left join {{ ref('league_ranks') }} as previous
        on
            previous.quarter = metrics.previous_quarter
            and previous.league = placed.league
            and previous.organisation_code = placed.organisation_code
    left join {{ ref('scores_behind_ranks') }} as scores
        on
            scores.quarter = placed.quarter
            and scores.league = placed.league
            and scores.organisation_code = placed.organisation_code
            and scores.metric_id = metrics.metric_id
    left join {{ ref('scores_behind_ranks') }} as scores_before
        on
            scores_before.quarter = metrics.previous_quarter
            and scores_before.league = placed.league
            and scores_before.organisation_code = placed.organisation_code
            and scores_before.metric_id = metrics.metric_id
),

metrics as (
    select
        quarter,
        league,
        organisation_code,
        max(previous_quarter) as previous_quarter,
        {{ joined("metric_id || ' (' || excluded_reason || ')'", '; ', 'metric_id') }} as metrics_excluded,
        {{ joined('case when carried_over and excluded_reason is null then metric_id end', ' ', 'metric_id') }}
            as metrics_carried_over
    from compared
    group by quarter, league, organisation_code
),

icbs_gone as (
    {{ icbs_gone() }}
)

select
    placed.quarter,
    placed.league,
    placed.organisation_code,
    placed.organisation_name,
    cast(metrics.previous_quarter as string) as previous_quarter,
    previous.average_score as previous_average_score,
    placed.average_score,
    coalesce(changes.metrics_compared, 0) as metrics_compared,
    cast(metrics.metrics_excluded as string) as metrics_excluded,
    cast(metrics.metrics_carried_over as string) as metrics_carried_over,
    changes.change,
    changes.change_low,
    changes.change_high,
    changes.p_value,
    changes.q_value,
    cast(
        case
            when changes.q_value is null then null
            when changes.q_value > {{ level('false_discovery_rate') }} then 'no change shown'
            when changes.change < 0 then 'improved'
            else 'worsened'
        end as string
    ) as verdict,
    previous.rank as previous_rank,
    placed.rank,
    placed.rank_change,
    case when placed.rank_change is not null then changes.places_own_scores end as places_own_scores,
    case when placed.rank_change is not null then changes.places_own_metrics end as places_own_metrics,
    case when placed.rank_change is not null then changes.places_others end as places_others,
    case when placed.rank_change is not null then changes.places_cut_points end as places_cut_points,
    case when placed.rank_change is not null then changes.places_override end as places_override,
    cast(
        case
            when metrics.quarter is null then 'no ranked league of the previous quarter under the same framework'
            when previous.rank is null then 'not ranked in the previous quarter'
            when icbs_gone.quarter is not null then 'an ICB of the previous quarter is gone'
            when changes.q_value is null then 'fewer than three metrics in common'
        end as string
    ) as not_compared_reason
from placed
left join metrics
    on
        metrics.quarter = placed.quarter
        and metrics.league = placed.league
        and metrics.organisation_code = placed.organisation_code
left join {{ ref('league_ranks') }} as previous
    on
        previous.quarter = metrics.previous_quarter
        and previous.league = placed.league
        and previous.organisation_code = placed.organisation_code
left join icbs_gone on icbs_gone.quarter = placed.quarter and icbs_gone.league = placed.league
left join {{ ref('score_changes') }} as changes
    on
        icbs_gone.quarter is null
        and changes.quarter = placed.quarter
        and changes.league = placed.league
        and changes.organisation_code = placed.organisation_code
