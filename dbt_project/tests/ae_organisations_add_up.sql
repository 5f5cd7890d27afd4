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
with named as (
    {{ names_of_files() }}
)

{% for column in counts -%}
    select
        ae.month,
        max(named.file_name) as file_name,
        count(case when ae.is_england then 1 end) as england_rows,
        '{{ column }}' as counted,
        sum(case when ae.is_england then ae.{{ column }} end) as england,
        sum(case when not ae.is_england then ae.{{ column }} end) as sum_of_organisations
    from {{ ref('ae_attendances') }} as ae
    left join named on named.source_sha256 = ae.source_sha256
    group by ae.month
    having
        sum(case when ae.is_england then ae.{{ column }} end)
        is distinct from sum(case when not ae.is_england then ae.{{ column }} end)
    {{ '' if loop.last else 'union all' }}
{% endfor %}
