-- Which of the months at hand count: all of the quarter, or the latest where the metric is of one month.
with at_hand as (
    select
        rules.framework,
        rules.metric_id,
        rules.basis,
        forms.quarter,
        forms.month,
        max(forms.month) over (partition by rules.framework, rules.metric_id, forms.quarter) as latest_month
    from {{ ref('rules_in_force') }} as rules
    inner join {{ ref('forms_at_hand') }} as forms
        on
            forms.used
            and forms.quarter = rules.quarter
            and forms.measure = rules.measure
            and forms.side = {{ side_in_file('rules.side') }}
)

select
    quarter,
    framework,
    metric_id,
    month
from at_hand
where basis = 'sum_of_months' or month = latest_month
