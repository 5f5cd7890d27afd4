{# What the text of a quarter, `2025-26-Q2`, says. The financial year starts in April, so its quarter n starts 3n months
   after January of the year that comes first. #}
{% macro first_day_of_quarter(quarter) -%}
    cast(make_date(cast({{ quarter }}[:4] as integer), 1, 1) + to_months(3 * cast({{ quarter }}[-1:] as integer)) as date)
{%- endmacro %}

{# As publishers write it: `Q2 2025/26`. #}
{% macro label_of_quarter(quarter) -%}
    'Q' || {{ quarter }}[-1:] || ' ' || {{ quarter }}[:4] || '/' || {{ quarter }}[6:7]
{%- endmacro %}

{% macro quarter_before(quarter) -%}
    case
        when {{ quarter }}[-1:] > '1' then {{ quarter }}[:9] || cast(cast({{ quarter }}[-1:] as integer) - 1 as varchar)
        else
            cast(cast({{ quarter }}[:4] as integer) - 1 as varchar) || '-' || {{ quarter }}[3:4] || '-Q4'
    end
{%- endmacro %}
