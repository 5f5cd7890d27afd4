with in_force as (
    select distinct
        quarter,
        framework,
        framework_status
    from {{ ref('leagues_in_force') }}
)

select
    quarters.quarter,
    in_force.framework,
    coalesce(frameworks.title, in_force.framework) as framework_title,
    in_force.framework_status,
    cast(quarters.role as string) as role,
    cast(quarters.published_label as string) as published_label,
    cast(
        {{ month_name('quarters.period_start') }} || ' to ' || {{ month_name('quarters.period_end') }} || ' '
        || year(quarters.period_end) as string
    ) as months,
    cast(quarters.period_start as date) as first_day,
    cast(quarters.period_end as date) as last_day,
    quarters.is_fictional
from {{ ref('quarters_in_scope') }} as quarters
inner join in_force on in_force.quarter = quarters.quarter
left join {{ ref('frameworks') }} as frameworks on frameworks.framework = in_force.framework
