{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'ae_provider_attendances'}}}) }}
-- Control total: on each sheet the organisations add up to its England row, and types, within and over four hours make
-- the total of every row. England's attendances are also those of organisations that do not tell who waited, so that
-- within and over make it by the organisations. Footprints are fractions with noise in the last bits, so a thousandth
-- is no difference.
{%- set rule = 0.001 %}
select
    min(source_sha256) as source_sha256,
    month,
    scope,
    sum(case when is_england then attendances_total end) as england,
    sum(case when not is_england then attendances_total end) as sum_of_organisations,
    sum(case when is_england then within_4_hours_total end) as england_within,
    sum(case when not is_england then within_4_hours_total end) as sum_of_within,
    sum(case when is_england then over_4_hours_total end) as england_over,
    sum(case when not is_england then over_4_hours_total end) as sum_of_over,
    count(
        case
            when
                (
                    not is_england
                    and abs(within_4_hours_total + over_4_hours_total - attendances_total) > {{ rule }}
                )
                {% for count in ['attendances', 'within_4_hours', 'over_4_hours'] -%}
                    or abs({{ count }}_type_1 + {{ count }}_type_2 + {{ count }}_type_3 - {{ count }}_total)
                    > {{ rule }}
                {% endfor -%}
                then 1
        end
    ) as rows_that_do_not_add_up
from {{ ref('ae_provider_attendances') }}
group by month, scope
having
    coalesce(
        abs(
            sum(case when is_england then attendances_total end)
            - sum(case when not is_england then attendances_total end)
        ) > {{ rule }},
        true
    )
    or coalesce(
        abs(
            sum(case when is_england then within_4_hours_total end)
            - sum(case when not is_england then within_4_hours_total end)
        ) > {{ rule }},
        true
    )
    or coalesce(
        abs(
            sum(case when is_england then over_4_hours_total end)
            - sum(case when not is_england then over_4_hours_total end)
        ) > {{ rule }},
        true
    )
    or rows_that_do_not_add_up > 0
