-- The England row is named TOTAL, in capitals or not, with spaces or not.
{%- set attendances = [
    'a_e_attendances_type_1', 'a_e_attendances_type_2', 'a_e_attendances_other_a_e_department',
    'a_e_attendances_booked_appointments_type_1', 'a_e_attendances_booked_appointments_type_2',
    'a_e_attendances_booked_appointments_other_department'
] %}
{%- set over_4_hours = [
    'attendances_over_4hrs_type_1', 'attendances_over_4hrs_type_2', 'attendances_over_4hrs_other_department',
    'attendances_over_4hrs_booked_appointments_type_1', 'attendances_over_4hrs_booked_appointments_type_2',
    'attendances_over_4hrs_booked_appointments_other_department'
] %}
select
    months.quarter,
    months.month,
    {{ clean_text('ae.org_code') }} as organisation_code,
    {{ clean_text('ae.org_name') }} as organisation_name,
    upper({{ clean_text('ae.org_code') }}) = 'TOTAL' as is_england,
    {{ sum_of_counts(attendances) }} as attendances,
    {{ sum_of_counts(over_4_hours) }} as over_4_hours,
    {% for column in attendances + over_4_hours -%}
        {{ published_count('ae.' ~ column) }} as {{ column }},
    {% endfor -%}
    case when not is_england then 'provider' end as side,
    'ae_within_4_hours' as measure,
    attendances - over_4_hours as numerator,
    attendances as denominator,
    ae._source_sha256 as source_sha256,
    ae._source_member as source_member,
    cast(ae._source_row as integer) as source_row
from {{ source('land', 'ae') }} as ae
inner join {{ ref('months_available') }} as months
    on months.source_id = 'ae' and months.source_sha256 = ae._source_sha256
