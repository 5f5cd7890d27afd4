-- Months in which a denominator moved away from England's, and is outside the XmR limits of its own months.
with compared as (
    select
        denominators.*,
        coalesce(limits.limits, 'none') as limits,
        limits.outside_limits,
        sum(denominators.denominator) over (
            partition by denominators.quarter, denominators.framework, denominators.metric_id, denominators.month
        ) as of_england
    from {{ ref('denominators') }} as denominators
    left join {{ ref('denominator_limits') }} as limits
        on
            limits.quarter = denominators.quarter
            and limits.framework = denominators.framework
            and limits.metric_id = denominators.metric_id
            and limits.organisation_code = denominators.organisation_code
            and limits.month = denominators.month
),

changed as (
    select
        *,
        lag(denominator) over of_organisation as denominator_before,
        lag(of_england) over of_organisation as of_england_before,
        lag(month) over of_organisation as month_before
    from compared
    window of_organisation as (partition by quarter, framework, metric_id, organisation_code order by month)
)

select
    changed.quarter,
    changed.framework,
    changed.metric_id,
    changed.organisation_code,
    changed.month,
    changed.denominator,
    changed.denominator_before,
    cast(changed.limits as string) as limits,
    coalesce(
        changed.month = changed.month_before + interval 1 month
        and changed.outside_limits <> 0
        and abs(
            {{ as_double('changed.denominator') }} * changed.of_england_before
            / nullif(changed.denominator_before * changed.of_england, 0) - 1
        ) > {{ level('denominator_change') }},
        false
    ) as jumps
from changed
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = changed.quarter and changed.month >= quarters.period_start
