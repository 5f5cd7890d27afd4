-- Every organisation counted, and every one of a league that the metric applies to. Months at hand are summed even
-- where they are too few to make a value.
with rules as (
    select
        rules_in_force.*,
        quarters.period_end as quarter_end,
        rules_in_force.publication || ' files' || coalesce(' (' || rules_in_force.note || ')', '') as files_named
    from {{ ref('rules_in_force') }} as rules_in_force
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = rules_in_force.quarter
),

months as (
    select
        quarter,
        framework,
        metric_id,
        min(month) as first_month,
        max(month) as last_month,
        {{ joined(year_and_month('month')) }} as months_named
    from {{ ref('months_used') }}
    group by quarter, framework, metric_id
),

not_found as (
    select
        quarter,
        framework,
        metric_id,
        {{ joined(year_and_month('month'), distinct=true) }} as months_named
    from {{ ref('measures_not_found') }}
    group by quarter, framework, metric_id
),

counted as (
    select
        quarter,
        framework,
        metric_id,
        organisation_code,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        {{ joined(
            'case when numerator is null or denominator is null then ' ~ year_and_month('month') ~ ' end', distinct=true
        ) }} as months_incomplete,
        count(distinct month) as months_counted,
        max(month) as last_month,
        {{ joined(year_and_month('month'), distinct=true) }} as months_named,
        max_by(source_id, (month, source_sha256)) as source_id,
        max_by(source_sha256, (month, source_sha256)) as source_sha256
    from {{ ref('metric_parts') }}
    group by quarter, framework, metric_id, organisation_code
),

merged as (
    select
        quarters.quarter,
        successions.successor_code,
        {{ joined('successions.predecessor_code') }} as predecessors
    from {{ ref('icb_successions') }} as successions
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.period_end >= successions.merged_on
    group by quarters.quarter, successions.successor_code
),

spine as (
    select
        quarter,
        framework,
        metric_id,
        organisation_code
    from counted
    union
    select
        rules.quarter,
        rules.framework,
        rules.metric_id,
        organisations.organisation_code
    from rules
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = rules.quarter
            and metrics.framework = rules.framework
            and metrics.metric_id = rules.metric_id
    inner join {{ ref('organisations') }} as organisations
        on organisations.quarter = rules.quarter and organisations.league = metrics.league
)

select
    spine.quarter,
    spine.framework,
    spine.organisation_code,
    organisations.organisation_type,
    organisations.league,
    spine.metric_id,
    cast(counted.numerator as decimal(18, 6)) as numerator,
    cast(counted.denominator as decimal(18, 6)) as denominator,
    cast(
        {{ exact_ratio('counted.numerator', 'counted.denominator', 'rules.multiplier', 'rules.divisor') }}
        as decimal(18, 6)
    ) as ratio,
    cast(
        case
            when not_applicable.reason is not null then 'not_applicable'
            when
                counted.months_incomplete is null
                and counted.denominator > 0
                and (rules.basis <> 'sum_of_months' or counted.months_counted = 3)
                then 'reported'
            else 'missing'
        end as string
    ) as status,
    cast(
        case
            when not_applicable.reason is not null then not_applicable.reason
            when months.months_named is null and not_found.months_named is null
                then 'no ' || rules.publication || ' file of the quarter'
            when counted.organisation_code is null and successions.successor_code is not null
                then 'counted under its successor ' || successions.successor_code
            when counted.organisation_code is null and merged.predecessors is not null
                then 'percentages of its predecessors ' || merged.predecessors || ' do not add up'
            when counted.organisation_code is null
                then
                    'not counted in the ' || rules.files_named || ': '
                    || coalesce(months.months_named, not_found.months_named)
            when counted.months_incomplete is not null
                then 'a figure is missing in the file of ' || counted.months_incomplete
            when rules.basis = 'sum_of_months' and counted.months_counted < 3
                then 'three months are needed; found: ' || counted.months_named
            when counted.denominator = 0 then 'nobody counted: the denominator is 0'
            when counted.last_month < months.first_month
                then
                    'did not submit ' || months.months_named || ': of ' || counted.months_named
                    || ', the last month that it submitted (' || last_submissions.label || ')'
            when rules.basis = 'latest_month' and months.last_month < date_trunc('month', rules.quarter_end)
                then
                    'latest month at hand is ' || months.months_named || ', not '
                    || {{ year_and_month('rules.quarter_end') }}
            else rules.note
        end as string
    ) as status_reason,
    cast(
        case
            when rules.basis = 'latest_survey' then left(cast(months.first_month as string), 4)
            when rules.basis = 'rolling_year' then '12 months to ' || {{ year_and_month('months.last_month') }}
            when counted.last_month < months.first_month then counted.months_named
            when months.first_month = months.last_month then {{ year_and_month('months.first_month') }}
            else {{ year_and_month('months.first_month') }} || ' to ' || {{ year_and_month('months.last_month') }}
        end as string
    ) as reporting_date,
    cast(
        case
            when rules.basis = 'rolling_year' then months.last_month - interval 11 month
            else least(months.first_month, counted.last_month)
        end as date
    ) as period_start,
    cast(
        {{ months_after(
            'case when counted.last_month < months.first_month then counted.last_month else months.last_month end',
            'rules.months_covered'
        ) }}
        - interval 1 day as date
    ) as period_end,
    rules.basis = 'latest_month' and months.last_month < date_trunc('month', rules.quarter_end)
        as is_of_an_earlier_month,
    coalesce(counted.last_month < months.first_month, false) as is_of_the_last_submission,
    coalesce(counted.source_id, rules.publication) as source_id,
    counted.source_sha256
from spine
inner join rules
    on
        rules.quarter = spine.quarter
        and rules.framework = spine.framework
        and rules.metric_id = spine.metric_id
left join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = spine.quarter
        and organisations.organisation_code = spine.organisation_code
        and organisations.league is distinct from 'icb_official'
left join months
    on
        months.quarter = spine.quarter
        and months.framework = spine.framework
        and months.metric_id = spine.metric_id
left join not_found
    on
        not_found.quarter = spine.quarter
        and not_found.framework = spine.framework
        and not_found.metric_id = spine.metric_id
left join counted
    on
        counted.quarter = spine.quarter
        and counted.framework = spine.framework
        and counted.metric_id = spine.metric_id
        and counted.organisation_code = spine.organisation_code
left join {{ ref('successions') }} as successions
    on successions.quarter = spine.quarter and successions.predecessor_code = spine.organisation_code
left join merged
    on
        rules.basis = 'latest_survey'
        and merged.quarter = spine.quarter
        and merged.successor_code = spine.organisation_code
left join {{ ref('last_submissions') }} as last_submissions
    on last_submissions.framework = rules.framework and last_submissions.metric_id = rules.metric_id
left join {{ ref('metrics_not_applicable') }} as not_applicable
    on
        not_applicable.framework = rules.framework
        and not_applicable.metric_id = spine.metric_id
        and not_applicable.organisation_code = spine.organisation_code
