-- Months in which a denominator moved away from England's, and is outside the XmR limits of its own months: mean and
-- 2.66 mean moving ranges, without those of 3.267 means: the jump itself would hide a level that stays. A trust that
-- took over another has its months before the merger, too.
with levels as (
    select
        max(case when decision = 'denominator_change' then value end) as change,
        max(case when decision = 'denominator_least_months' then value end) as least_months
    from {{ ref('decision_levels') }}
),

monthly as (
    select
        rules.quarter,
        rules.framework,
        rules.metric_id,
        coalesce(successions.successor_code, counts.organisation_code) as organisation_code,
        counts.month,
        cast(
            case when count(*) = count(counts.denominator) then sum(counts.denominator) end as decimal(38, 6)
        ) as denominator
    from {{ ref('rules_in_force') }} as rules
    inner join {{ ref('quarters_read') }} as build on build.quarter = rules.quarter
    inner join {{ ref('source_counts') }} as counts
        on
            counts.measure = rules.measure
            and counts.side = rules.side
            and counts.quarter = build.reads
            and (
                rules.without_commissioner is null
                or counts.commissioner_apart is distinct from rules.without_commissioner
            )
    left join {{ ref('successions') }} as successions
        on
            rules.side = 'provider'
            and successions.quarter = rules.quarter
            and successions.predecessor_code = counts.organisation_code
    where {{ of_months('rules.basis') }}
    group by
        rules.quarter, rules.framework, rules.metric_id,
        coalesce(successions.successor_code, counts.organisation_code), counts.month
),

compared as (
    select
        *,
        sum(denominator) over (partition by quarter, framework, metric_id, month) as of_england,
        lag(denominator) over of_organisation as denominator_before,
        lag(month) over of_organisation as month_before,
        count(*) over (partition by quarter, framework, metric_id, organisation_code) as months,
        avg({{ as_double('denominator') }}) over (partition by quarter, framework, metric_id, organisation_code) as mean
    from monthly
    window of_organisation as (partition by quarter, framework, metric_id, organisation_code order by month)
),

changed as (
    select
        *,
        lag(of_england) over of_organisation as of_england_before,
        coalesce(month = month_before + interval 1 month, false) as follows,
        case
            when month = month_before + interval 1 month
                then {{ as_double('abs(denominator - denominator_before)') }}
        end as step
    from compared
    window of_organisation as (partition by quarter, framework, metric_id, organisation_code order by month)
),

stepped as (
    select
        *,
        avg(step) over (partition by quarter, framework, metric_id, organisation_code) as mean_step
    from changed
),

limited as (
    select
        *,
        coalesce(
            avg(case when step < 3.267 * mean_step then step end) over (
                partition by quarter, framework, metric_id, organisation_code
            ),
            0
        ) as moving_range
    from stepped
)

select
    limited.quarter,
    limited.framework,
    limited.metric_id,
    limited.organisation_code,
    limited.month,
    limited.denominator,
    limited.denominator_before,
    cast(limited.months as integer) as months,
    coalesce(
        limited.follows
        and limited.months >= levels.least_months
        and abs(
            {{ as_double('limited.denominator') }} * limited.of_england_before
            / nullif(limited.denominator_before * limited.of_england, 0) - 1
        ) > levels.change
        and abs({{ as_double('limited.denominator') }} - limited.mean) > 2.66 * limited.moving_range,
        false
    ) as jumps
from limited
cross join levels
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = limited.quarter and limited.month >= quarters.period_start
