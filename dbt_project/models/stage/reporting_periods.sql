-- Free text as published; a form not listed here keeps an empty period, and a warning says so.
{%- set names = 'JanFebMarAprMayJunJulAugSepOctNovDec' %}
{%- set month = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)' %}
{%- set months = '^' ~ month ~ ' ([0-9]{2}) - ' ~ month ~ ' ([0-9]{2})( vs .+)?$' %}
with texts as (
    select distinct reporting_date
    from {{ ref('nof_figures') }}
    where reporting_date is not null
),

parts as (
    select
        reporting_date,
        {% for name, form, group in [
            ('one_month', '^' ~ month ~ '-([0-9]{2})$', 1), ('one_month_year', '^' ~ month ~ '-([0-9]{2})$', 2),
            ('one_quarter', '^Q([1-4]) ([0-9]{4})[/-][0-9]{2}$', 1),
            ('one_quarter_year', '^Q([1-4]) ([0-9]{4})[/-][0-9]{2}$', 2),
            ('to_month', '^Month ([0-9]{1,2}) ([0-9]{4})$', 1), ('to_month_year', '^Month ([0-9]{1,2}) ([0-9]{4})$', 2),
            ('calendar_year', '^([0-9]{4})$', 1), ('financial_year', '^([0-9]{4})/[0-9]{2}( plan)?$', 1),
            ('first_month', months, 1), ('first_year', months, 2), ('last_month', months, 3)
        ] -%}
            regexp_extract(reporting_date, '{{ form }}', {{ group }}) as {{ name }},
        {% endfor -%}
        regexp_extract(reporting_date, '{{ months }}', 4) as last_year
    from texts
),

numbered as (
    select
        *,
        {% for name in ['one_month', 'first_month', 'last_month'] -%}
            cast((position({{ name }} in '{{ names }}') + 2) / 3 as integer) as {{ name }}_number,
        {% endfor -%}
        try_cast('20' || one_month_year as integer) as one_year,
        try_cast('20' || first_year as integer) as first_of,
        try_cast('20' || last_year as integer) as last_of
    from parts
),

starts as (
    select
        reporting_date,
        case
            when one_month <> '' then make_date(one_year, one_month_number, 1)
            when one_quarter <> ''
                then
                    {{ months_after(
                        'make_date(try_cast(one_quarter_year as integer), 4, 1)',
                        '3 * (try_cast(one_quarter as integer) - 1)'
                    ) }}
            when to_month <> '' then make_date(try_cast(to_month_year as integer), 4, 1)
            when calendar_year <> '' then make_date(try_cast(calendar_year as integer), 1, 1)
            when financial_year <> '' then make_date(try_cast(financial_year as integer), 4, 1)
            when first_month <> '' then make_date(first_of, first_month_number, 1)
        end as period_start,
        case
            when one_month <> '' then 1
            when one_quarter <> '' then 3
            when to_month <> '' then try_cast(to_month as integer)
            when calendar_year <> '' or financial_year <> '' then 12
            when first_month <> '' then 12 * (last_of - first_of) + last_month_number - first_month_number + 1
        end as months_covered
    from numbered
)

select
    reporting_date,
    period_start,
    cast({{ months_after('period_start', 'months_covered') }} - interval 1 day as date) as period_end
from starts
