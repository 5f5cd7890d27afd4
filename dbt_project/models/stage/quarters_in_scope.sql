-- A quarter that is asked for and comes before another that is asked for stands once, as asked for.
with kind as (
    select bool_or(build.fictional = 'True') as is_fictional
    from {{ source('extract', 'build') }} as build
),

previous as (
    select quarters.previous_quarter as quarter
    from {{ ref('quarters') }} as quarters
    inner join {{ source('extract', 'build') }} as build on build.quarter = quarters.quarter
)

select
    quarters.quarter,
    case when build.quarter is not null then 'asked for' else 'previous' end as role,
    quarters.period_start,
    quarters.period_end,
    kind.is_fictional
from {{ ref('quarters') }} as quarters
cross join kind
left join {{ source('extract', 'build') }} as build on build.quarter = quarters.quarter
where build.quarter is not null or quarters.quarter in (select previous.quarter from previous)
