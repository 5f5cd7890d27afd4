-- The official rule knows no minimum. In tables of values we compute, what is missing for everybody makes the league
-- partial; what one organisation lacks of the rest decides whether it can be placed. Metrics count by their weight.
with expected as (
    select
        leagues.quarter,
        leagues.framework,
        leagues.league,
        leagues.value_basis,
        metrics.metric_id,
        metrics.domain,
        metrics.weight
    from {{ ref('league_value_basis') }} as leagues
    inner join {{ ref('metrics_in_force') }} as metrics
        on metrics.quarter = leagues.quarter and metrics.league = leagues.league
    where metrics.counted
),

held as (
    select
        expected.*,
        scores.organisation_code,
        scores.counted,
        max(case when scores.counted then 1 else 0 end) over (
            partition by expected.quarter, expected.league, expected.metric_id
        ) as at_hand
    from expected
    inner join {{ ref('metric_scores') }} as scores
        on
            scores.quarter = expected.quarter
            and scores.league = expected.league
            and scores.metric_id = expected.metric_id
),

scoped as (
    select
        *,
        {{ a_row_each({'scope': ["'overall'", 'domain']}) }}
    from held
),

summed as (
    select
        quarter,
        framework,
        league,
        value_basis,
        organisation_code,
        scope,
        sum(case when counted then 1 else 0 end) as metrics_held,
        sum(at_hand) as metrics_at_hand,
        count(metric_id) as metrics_expected,
        sum(case when counted then weight else 0 end) as weight_held,
        sum(at_hand * weight) as weight_at_hand,
        sum(weight) as weight_expected
    from scoped
    group by quarter, framework, league, value_basis, organisation_code, scope
),

judged as (
    select
        summed.*,
        case
            when
                summed.value_basis = 'computed'
                and summed.scope = 'overall'
                and summed.weight_at_hand < leagues.metrics_needed * summed.weight_expected
                then
                    'only ' || summed.metrics_at_hand || ' of the ' || summed.metrics_expected
                    || ' metrics of the league'
                    || {{ by_weight('at_hand', 'expected', 'leagues.metrics_needed') }}
                    || case summed.metrics_at_hand when 1 then ' is' else ' are' end || ' at hand'
            when summed.metrics_held = 0 then 'no metric has a score'
            when
                summed.value_basis = 'computed'
                and summed.weight_held < leagues.coverage_needed * summed.weight_at_hand
                then
                    'has ' || summed.metrics_held || ' of the ' || summed.metrics_at_hand || ' metrics at hand'
                    || {{ by_weight('held', 'at_hand', 'leagues.coverage_needed') }}
        end as not_covered_reason
    from summed
    inner join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = summed.quarter and leagues.league = summed.league
)

select
    quarter,
    framework,
    league,
    organisation_code,
    cast(scope as string) as scope,
    cast(metrics_held as integer) as metrics_held,
    cast(metrics_at_hand as integer) as metrics_at_hand,
    cast(metrics_expected as integer) as metrics_expected,
    not_covered_reason is null as covered,
    cast(not_covered_reason as string) as not_covered_reason
from judged
