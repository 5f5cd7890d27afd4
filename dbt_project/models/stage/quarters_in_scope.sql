-- A quarter that is asked for and is read for another one too stands once, as asked for.
with roles as (
    select
        build.reads as quarter,
        case when bool_or(build.reads = build.quarter) then 'asked for' else 'previous' end as role,
        bool_or(build.fictional = 'True') as is_fictional,
        max(build.framework) as rescored_under
    from {{ source('extract', 'build') }} as build
    group by build.reads
)

select
    roles.quarter,
    roles.role,
    {{ label_of_quarter('roles.quarter') }} as published_label,
    {{ first_day_of_quarter('roles.quarter') }} as period_start,
    cast({{ first_day_of_quarter('roles.quarter') }} + interval 3 month - interval 1 day as date) as period_end,
    {{ quarter_before('roles.quarter') }} as previous_quarter,
    roles.is_fictional,
    roles.rescored_under
from roles
