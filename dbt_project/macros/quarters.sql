{# What the text of a quarter, `2025-26-Q2`, says. The financial year starts in April, so its quarter n starts 3n months
   after January of the year that comes first. #}
{% macro first_day_of_quarter(quarter) -%}
    {{ months_after(
        'make_date(cast(left(' ~ quarter ~ ', 4) as integer), 1, 1)', '3 * cast(right(' ~ quarter ~ ', 1) as integer)'
    ) }}
{%- endmacro %}

{# As publishers write it: `Q2 2025/26`. #}
{% macro label_of_quarter(quarter) -%}
    'Q' || right({{ quarter }}, 1) || ' ' || left({{ quarter }}, 4) || '/' || substr({{ quarter }}, 6, 2)
{%- endmacro %}

{# `2025-04` of a date. #}
{% macro year_and_month(date) -%}
    left(cast({{ date }} as string), 7)
{%- endmacro %}

{% macro quarter_before(quarter) -%}
    case
        when right({{ quarter }}, 1) > '1'
            then left({{ quarter }}, 9) || cast(cast(right({{ quarter }}, 1) as integer) - 1 as string)
        else
            cast(cast(left({{ quarter }}, 4) as integer) - 1 as string) || '-' || substr({{ quarter }}, 3, 2) || '-Q4'
    end
{%- endmacro %}
