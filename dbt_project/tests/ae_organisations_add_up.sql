{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'ae_attendances'}}}) }}
-- Control total: in every count the organisations of a month add up to its England row.
{%- set counts = [
    'a_e_attendances_type_1', 'a_e_attendances_type_2', 'a_e_attendances_other_a_e_department',
    'a_e_attendances_booked_appointments_type_1', 'a_e_attendances_booked_appointments_type_2',
    'a_e_attendances_booked_appointments_other_department',
    'attendances_over_4hrs_type_1', 'attendances_over_4hrs_type_2', 'attendances_over_4hrs_other_department',
    'attendances_over_4hrs_booked_appointments_type_1', 'attendances_over_4hrs_booked_appointments_type_2',
    'attendances_over_4hrs_booked_appointments_other_department'
] %}
{% for column in counts -%}
    select
        month,
        '{{ column }}' as counted,
        sum(case when is_england then {{ column }} end) as england,
        sum(case when not is_england then {{ column }} end) as sum_of_organisations
    from {{ ref('ae_attendances') }}
    group by month
    having
        sum(case when is_england then {{ column }} end)
        is distinct from sum(case when not is_england then {{ column }} end)
    {{ '' if loop.last else 'union all' }}
{% endfor %}
