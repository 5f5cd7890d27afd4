with metrics as (
    select
        quarter,
        league,
        max(previous_quarter) as previous_quarter,
        string_agg(
            case when not comparable then metric_id || ' (' || excluded_reason || ')' end, '; '
            order by metric_id
        ) as metrics_excluded,
        string_agg(case when carried_over then metric_id end, ' ' order by metric_id) as metrics_carried_over
    from {{ ref('metrics_compared') }}
    group by quarter, league
)

select
    placings.quarter,
    placings.league,
    placings.organisation_code,
    organisations.organisation_name,
    cast(metrics.previous_quarter as varchar) as previous_quarter,
    previous.average_score as previous_average_score,
    placings.average_score,
    coalesce(changes.metrics_compared, 0) as metrics_compared,
    cast(metrics.metrics_excluded as varchar) as metrics_excluded,
    cast(metrics.metrics_carried_over as varchar) as metrics_carried_over,
    changes.change,
    changes.change_low,
    changes.change_high,
    changes.p_value,
    changes.q_value,
    cast(
        case
            when changes.q_value is null then null
            when changes.q_value > levels.value then 'no change shown'
            when changes.change < 0 then 'improved'
            else 'worsened'
        end as varchar
    ) as verdict,
    previous.rank as previous_rank,
    placings.rank,
    cast(previous.rank - placings.rank as integer) as rank_change,
    changes.places_own_scores,
    changes.places_others,
    changes.places_cut_points,
    changes.places_override,
    cast(
        case
            when metrics.quarter is null then 'no ranked league of the previous quarter under the same framework'
            when previous.rank is null then 'not ranked in the previous quarter'
            when changes.q_value is null then 'fewer than three metrics in common'
        end as varchar
    ) as not_compared_reason
from {{ ref('placings') }} as placings
inner join {{ ref('leagues_ranked') }} as leagues
    on leagues.quarter = placings.quarter and leagues.league = placings.league and leagues.role = 'asked for'
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = placings.quarter
        and organisations.organisation_code = placings.organisation_code
inner join {{ ref('decision_levels') }} as levels on levels.decision = 'false_discovery_rate'
left join metrics on metrics.quarter = placings.quarter and metrics.league = placings.league
left join {{ ref('placings') }} as previous
    on
        previous.quarter = metrics.previous_quarter
        and previous.league = placings.league
        and previous.organisation_code = placings.organisation_code
left join {{ ref('score_changes') }} as changes
    on
        changes.quarter = placings.quarter
        and changes.league = placings.league
        and changes.organisation_code = placings.organisation_code
where placings.rank is not null
