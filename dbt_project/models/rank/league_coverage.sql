-- A league without data is a row with its reason; a metric missing for every member, or of an earlier month than the
-- quarter's last, makes the league partial.
with expected as (
    select
        leagues.quarter,
        leagues.league,
        leagues.title,
        leagues.expected_organisations,
        leagues.framework,
        leagues.framework_status,
        leagues.override_segment,
        metrics.metric_id
    from {{ ref('leagues_in_force') }} as leagues
    inner join {{ ref('metrics_in_force') }} as metrics
        on metrics.quarter = leagues.quarter and metrics.league = leagues.league
    where metrics.counted
),

scored as (
    select
        quarter,
        league,
        metric_id,
        max(value_basis) as value_basis,
        count(case when counted then 1 end) as organisations_scored
    from {{ ref('metric_scores') }}
    group by quarter, league, metric_id
),

of_an_earlier_month as (
    select distinct
        quarter,
        metric_id
    from {{ ref('computed_values') }}
    where is_of_an_earlier_month and status = 'reported'
),

members as (
    select
        quarter,
        league,
        count(organisation_code) as organisations
    from {{ ref('organisations') }}
    where league is not null
    group by quarter, league
),

counted as (
    select distinct
        computed_values.quarter,
        computed_values.league
    from {{ ref('computed_values') }} as computed_values
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = computed_values.quarter
            and metrics.framework = computed_values.framework
            and metrics.league = computed_values.league
            and metrics.metric_id = computed_values.metric_id
    where metrics.counted and computed_values.numerator is not null
),

covered as (
    select
        quarter,
        league,
        count(case when covered then 1 end) as organisations_covered,
        min(not_covered_reason) as not_covered_reason
    from {{ ref('organisations_covered') }}
    where scope = 'overall'
    group by quarter, league
),

summarised as (
    select
        expected.quarter,
        expected.league,
        expected.title,
        expected.expected_organisations,
        expected.framework,
        expected.framework_status,
        expected.override_segment,
        count(expected.metric_id) as metrics_expected,
        count(case when scored.organisations_scored > 0 then 1 end) as metrics_scored,
        {{ joined(
            'case when coalesce(scored.organisations_scored, 0) = 0 then expected.metric_id end',
            ' ',
            'expected.metric_id'
        ) }} as metrics_missing,
        {{ joined(
            'case when scored.organisations_scored > 0 and earlier.metric_id is not null then expected.metric_id end',
            ' ',
            'expected.metric_id'
        ) }} as metrics_of_an_earlier_month
    from expected
    left join scored
        on
            scored.quarter = expected.quarter
            and scored.league = expected.league
            and scored.metric_id = expected.metric_id
    left join of_an_earlier_month as earlier
        on
            earlier.quarter = expected.quarter
            and earlier.metric_id = expected.metric_id
            and scored.value_basis = 'computed'
    group by
        expected.quarter,
        expected.league,
        expected.title,
        expected.expected_organisations,
        expected.framework,
        expected.framework_status,
        expected.override_segment
)

select
    summarised.quarter,
    summarised.league,
    summarised.title,
    summarised.framework,
    summarised.framework_status,
    cast(summarised.override_segment as integer) as override_segment,
    at_hand.value_basis,
    coalesce(covered.organisations_covered, 0) > 0 as published,
    cast(
        case
            when at_hand.league is null and counted.league is not null
                then 'no metric of the league has the figures of all its months'
            when at_hand.league is null then 'no metric of this league is at hand for the quarter'
            when covered.organisations_covered = 0 then covered.not_covered_reason
        end as string
    ) as absent_reason,
    cast(coalesce(members.organisations, 0) as integer) as organisations,
    cast(summarised.expected_organisations as integer) as expected_organisations,
    cast(
        case
            when at_hand.league is null then null
            when
                summarised.metrics_scored = summarised.metrics_expected
                and summarised.metrics_of_an_earlier_month is null
                then 'full'
            else 'partial'
        end as string
    ) as coverage,
    cast(summarised.metrics_expected as integer) as metrics_expected,
    cast(summarised.metrics_scored as integer) as metrics_scored,
    cast(summarised.metrics_missing as string) as metrics_missing,
    cast(summarised.metrics_of_an_earlier_month as string) as metrics_of_an_earlier_month
from summarised
left join {{ ref('league_value_basis') }} as at_hand
    on at_hand.quarter = summarised.quarter and at_hand.league = summarised.league
left join counted
    on counted.quarter = summarised.quarter and counted.league = summarised.league
left join members
    on members.quarter = summarised.quarter and members.league = summarised.league
left join covered
    on covered.quarter = summarised.quarter and covered.league = summarised.league
