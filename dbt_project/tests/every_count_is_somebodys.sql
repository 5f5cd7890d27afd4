{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- Nothing is lost between the counts of a publication and the values of organisations, mergers included. Values of an
-- earlier month, that of a last submission, are none of the counts of the month.
with counted as (
    select
        counts.quarter,
        rules.metric_id,
        sum(counts.numerator) as numerator,
        sum(counts.denominator) as denominator
    from {{ ref('source_counts') }} as counts
    inner join {{ ref('rules_in_force') }} as rules
        on
            rules.quarter = counts.quarter
            and rules.measure = counts.measure
            and rules.side = counts.side
            and {{ with_its_commissioners('counts', 'rules') }}
    inner join {{ ref('months_used') }} as months
        on
            months.quarter = counts.quarter
            and months.framework = rules.framework
            and months.metric_id = rules.metric_id
            and months.month = counts.month
    group by counts.quarter, rules.metric_id
),

last_months as (
    select
        quarter,
        metric_id,
        max(month) as last_month
    from {{ ref('months_used') }}
    group by quarter, metric_id
),

valued as (
    select
        metric_values.quarter,
        metric_values.metric_id,
        sum(metric_values.numerator) as numerator,
        sum(metric_values.denominator) as denominator
    from {{ ref('metric_values') }} as metric_values
    inner join last_months
        on
            last_months.quarter = metric_values.quarter
            and last_months.metric_id = metric_values.metric_id
            and last_months.last_month <= metric_values.period_end
    where metric_values.value_basis = 'computed'
    group by metric_values.quarter, metric_values.metric_id
)

select
    counted.*,
    valued.numerator as numerator_of_values,
    valued.denominator as denominator_of_values
from counted
left join valued on valued.quarter = counted.quarter and valued.metric_id = counted.metric_id
where
    valued.numerator is distinct from counted.numerator
    or valued.denominator is distinct from counted.denominator
