-- Free text as published; a form not listed here keeps an empty period, and a warning says so.
with texts as (
    select distinct reporting_date
    from {{ ref('nof_figures') }}
    where reporting_date is not null
),

parts as (
    select
        reporting_date,
        regexp_extract(reporting_date, '^([A-Z][a-z]{2})-([0-9]{2})$', ['month', 'year']) as one_month,
        regexp_extract(reporting_date, '^Q([1-4]) ([0-9]{4})[/-][0-9]{2}$', ['quarter', 'year']) as one_quarter,
        regexp_extract(reporting_date, '^Month ([0-9]{1,2}) ([0-9]{4})$', ['month', 'year']) as to_month,
        regexp_extract(reporting_date, '^([0-9]{4})$', 1) as calendar_year,
        regexp_extract(reporting_date, '^([0-9]{4})/[0-9]{2}( plan)?$', 1) as financial_year,
        regexp_extract(
            reporting_date,
            '^([A-Z][a-z]{2} [0-9]{2}) - ([A-Z][a-z]{2} [0-9]{2})( vs .+)?$',
            ['first_month', 'last_month']
        ) as months
    from texts
),

starts as (
    select
        reporting_date,
        case
            when one_month.month <> '' then try_strptime('01 ' || one_month.month || ' ' || one_month.year, '%d %b %y')
            when one_quarter.year <> ''
                then
                    make_date(try_cast(one_quarter.year as integer), 4, 1)
                    + to_months(3 * (try_cast(one_quarter.quarter as integer) - 1))
            when to_month.year <> '' then make_date(try_cast(to_month.year as integer), 4, 1)
            when calendar_year <> '' then make_date(try_cast(calendar_year as integer), 1, 1)
            when financial_year <> '' then make_date(try_cast(financial_year as integer), 4, 1)
            when months.first_month <> '' then try_strptime('01 ' || months.first_month, '%d %b %y')
        end as period_start,
        case
            when one_month.month <> '' then 1
            when one_quarter.year <> '' then 3
            when to_month.year <> '' then try_cast(to_month.month as integer)
            when calendar_year <> '' or financial_year <> '' then 12
            when months.first_month <> ''
                then
                    date_diff(
                        'month',
                        try_strptime('01 ' || months.first_month, '%d %b %y'),
                        try_strptime('01 ' || months.last_month, '%d %b %y')
                    )
                    + 1
        end as months_covered
    from parts
)

select
    reporting_date,
    cast(period_start as date) as period_start,
    cast(period_start + to_months(months_covered) - interval 1 day as date) as period_end
from starts
