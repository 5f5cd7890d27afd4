-- A change of score is an improvement only where the same thing was measured and scored in the same way in both
-- quarters. Of a population that only a release shows we know no more than whether it is the league itself.
with scored as (
    {{ scored_periods() }}
),

pairs as (
    select
        leagues.quarter,
        before.quarter as previous_quarter,
        leagues.league,
        leagues.framework,
        metrics.metric_id,
        case
            when metrics.scoring_rule <> metrics_before.scoring_rule
                then
                    'scored by ' || metrics_before.scoring_rule || ' the quarter before, by '
                    || metrics.scoring_rule || ' now'
            when lower(metrics.unit) <> lower(metrics_before.unit)
                then 'in ' || metrics_before.unit || ' the quarter before, in ' || metrics.unit || ' now'
            when metrics.polarity <> metrics_before.polarity
                then metrics_before.polarity || ' was better the quarter before, ' || metrics.polarity || ' is now'
            when
                greatest(metrics.threshold_low, metrics_before.threshold_low)
                > least(metrics.threshold_high, metrics_before.threshold_high)
                then
                    'another ' || case when metrics.standard is null then 'floor' else 'standard' end
                    || ' than the quarter before'
            when metrics.weight <> metrics_before.weight
                then
                    'weight ' || {{ plain_number('metrics_before.weight') }} || ' the quarter before, '
                    || {{ plain_number('metrics.weight') }} || ' now'
            when
                metrics.population <> metrics_before.population
                and (
                    metrics.league in (metrics.population, metrics_before.population)
                    or not (metrics.is_crossing or metrics_before.is_crossing)
                )
                then
                    'scored among ' || metrics_before.population || ' the quarter before, among '
                    || metrics.population || ' now'
        end as method_changed
    from {{ ref('leagues_in_statistics') }} as leagues
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = leagues.quarter
    inner join {{ ref('leagues_in_statistics') }} as before
        on
            before.quarter = quarters.previous_quarter
            and before.league = leagues.league
            and before.framework = leagues.framework
    inner join {{ ref('metrics_in_force') }} as metrics
        on metrics.quarter = leagues.quarter and metrics.league = leagues.league
    left join {{ ref('metrics_in_force') }} as metrics_before
        on
            metrics_before.quarter = before.quarter
            and metrics_before.league = before.league
            and metrics_before.metric_id = metrics.metric_id
    where leagues.role = 'asked for' and metrics.counted
),

judged as (
    select
        pairs.*,
        scored.period_end = scored_before.period_end as carried_over,
        case
            when scored.metric_id is null and scored_before.metric_id is null then 'scored in neither quarter'
            when scored.metric_id is null then 'not scored this quarter'
            when scored_before.metric_id is null then 'not scored the quarter before'
            when changes.metric_id is not null then 'definition changed (' || changes.label || '): ' || changes.change
            when scored.value_basis <> scored_before.value_basis
                then scored_before.value_basis || ' the quarter before, ' || scored.value_basis || ' now'
            when scored.value_basis = 'computed' and rules.measure <> rules_before.measure
                then rules_before.measure || ' the quarter before, ' || rules.measure || ' now'
            else pairs.method_changed
        end as excluded_reason
    from pairs
    left join scored
        on
            scored.quarter = pairs.quarter
            and scored.league = pairs.league
            and scored.metric_id = pairs.metric_id
    left join scored as scored_before
        on
            scored_before.quarter = pairs.previous_quarter
            and scored_before.league = pairs.league
            and scored_before.metric_id = pairs.metric_id
    left join {{ ref('rules_in_force') }} as rules
        on
            rules.quarter = pairs.quarter
            and rules.framework = pairs.framework
            and rules.metric_id = pairs.metric_id
    left join {{ ref('rules_in_force') }} as rules_before
        on
            rules_before.quarter = pairs.previous_quarter
            and rules_before.framework = pairs.framework
            and rules_before.metric_id = pairs.metric_id
    left join {{ ref('metric_changes') }} as changes
        on
            changes.framework = pairs.framework
            and changes.quarter = pairs.quarter
            and changes.metric_id = pairs.metric_id
)

select
    quarter,
    previous_quarter,
    league,
    metric_id,
    excluded_reason is null as comparable,
    cast(excluded_reason as string) as excluded_reason,
    excluded_reason is null and coalesce(carried_over, false) as carried_over
from judged
