-- Which of the months at hand count: all of the quarter, or the latest where the metric is of one month.
with at_hand as (
    select
        rules.framework,
        rules.metric_id,
        rules.basis,
        months.quarter,
        months.month,
        max(months.month) over (partition by rules.framework, rules.metric_id, months.quarter) as latest_month
    from {{ ref('computed_metrics') }} as rules
    inner join {{ ref('quarter_frameworks') }} as frameworks on frameworks.framework = rules.framework
    inner join {{ ref('months_available') }} as months
        on
            months.quarter = frameworks.quarter
            and months.source_id = rules.source_id
            and (months.part is null or months.part = rules.side)
)

select
    quarter,
    cast(framework as varchar) as framework,
    metric_id,
    month
from at_hand
where basis = 'sum_of_months' or month = latest_month
