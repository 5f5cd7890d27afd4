-- A quarter that is asked for and comes before another that is asked for stands once, as asked for. There is none
-- before Q1 2025/26: the league tables of NHS England begin there.
with kind as (
    select bool_or(build.fictional = 'True') as is_fictional
    from {{ source('extract', 'build') }} as build
),

asked_for as (
    select build.quarter
    from {{ source('extract', 'build') }} as build
),

before as (
    select {{ quarter_before('asked_for.quarter') }} as quarter
    from asked_for
),

roles as (
    select
        asked_for.quarter,
        'asked for' as role
    from asked_for
    union all
    select distinct
        before.quarter,
        'previous'
    from before
    where before.quarter >= '2025-26-Q1' and before.quarter not in (select asked_for.quarter from asked_for)
)

select
    roles.quarter,
    roles.role,
    {{ label_of_quarter('roles.quarter') }} as published_label,
    {{ first_day_of_quarter('roles.quarter') }} as period_start,
    cast({{ first_day_of_quarter('roles.quarter') }} + interval 3 month - interval 1 day as date) as period_end,
    {{ quarter_before('roles.quarter') }} as previous_quarter,
    kind.is_fictional
from roles
cross join kind
