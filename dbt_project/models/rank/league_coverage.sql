-- A league without data is a row with its reason; a metric missing for every member makes the league partial.
with expected as (
    select
        quarters.quarter,
        leagues.league,
        leagues.title,
        leagues.expected_trusts,
        frameworks.framework,
        frameworks.status as framework_status,
        league_metrics.metric_id
    from {{ ref('quarters_built') }} as quarters
    inner join {{ ref('frameworks') }} as frameworks on frameworks.framework = quarters.framework
    inner join {{ ref('leagues') }} as leagues on leagues.framework = quarters.framework
    inner join {{ ref('league_metrics') }} as league_metrics
        on league_metrics.framework = quarters.framework and league_metrics.league = leagues.league
    inner join {{ ref('metrics') }} as metrics
        on metrics.framework = quarters.framework and metrics.metric_id = league_metrics.metric_id
    where metrics.counted
),

scored as (
    select
        quarter,
        league,
        metric_id,
        count(case when counted then 1 end) as organisations_scored
    from {{ ref('metric_scores') }}
    group by quarter, league, metric_id
),

trusts as (
    select
        quarter,
        league,
        count(organisation_code) as trusts
    from {{ ref('organisations') }}
    group by quarter, league
),

summarised as (
    select
        expected.quarter,
        expected.league,
        expected.title,
        expected.expected_trusts,
        expected.framework,
        expected.framework_status,
        max(coalesce(trusts.trusts, 0)) as trusts,
        count(expected.metric_id) as metrics_expected,
        count(case when scored.organisations_scored > 0 then 1 end) as metrics_scored,
        string_agg(
            case when coalesce(scored.organisations_scored, 0) = 0 then expected.metric_id end, ' '
            order by expected.metric_id
        ) as metrics_missing
    from expected
    left join scored
        on
            scored.quarter = expected.quarter
            and scored.league = expected.league
            and scored.metric_id = expected.metric_id
    left join trusts
        on trusts.quarter = expected.quarter and trusts.league = expected.league
    group by
        expected.quarter,
        expected.league,
        expected.title,
        expected.expected_trusts,
        expected.framework,
        expected.framework_status
)

select
    quarter,
    league,
    title,
    framework,
    framework_status,
    trusts > 0 as published,
    cast(case when trusts = 0 then 'no data file of this league for the quarter' end as varchar) as absent_reason,
    cast(trusts as integer) as trusts,
    cast(expected_trusts as integer) as expected_trusts,
    cast(
        case
            when trusts = 0 then null
            when metrics_scored = metrics_expected then 'full'
            else 'partial'
        end as varchar
    ) as coverage,
    cast(metrics_expected as integer) as metrics_expected,
    cast(metrics_scored as integer) as metrics_scored,
    cast(case when trusts > 0 then metrics_missing end as varchar) as metrics_missing
from summarised
