-- Weeks waited, for what is tested at a standard of weeks: roll-ups of all functions or tests in the latest month of a
-- quarter. That counts are counts is tested row by row elsewhere.
{%- set rtt = "landed.rtt_part_type in ('Part_1A', 'Part_1B', 'Part_2') and landed.treatment_function_code = 'C_999'" %}
with latest as (
    select
        source_id,
        quarter,
        max(month) as month
    from {{ ref('months_available') }}
    where source_id in ('rtt', 'dm01')
    group by source_id, quarter
)

{% for source_id, part, roll_up, weeks in [
    ('rtt', 'rtt_part_type', rtt, rtt_weeks(0, 57)),
    ('dm01', 'diagnostic_tests', "landed.diagnostic_tests = 'TOTAL'", dm01_weeks(0, 12))
] -%}
    select
        latest.quarter,
        latest.month,
        '{{ source_id }}' as publication,
        landed.{{ part }} as part,
        landed.provider_org_code as provider_code,
        {{ list_of_sums(weeks) }} as weeks,
        min(months.file_name) as source_file,
        min(landed._source_member) as source_member,
        {{ joined('landed._source_row', ',', 'cast(landed._source_row as integer)') }} as source_rows
    from {{ source('land', source_id) }} as landed
    inner join {{ ref('months_available') }} as months
        on months.source_id = '{{ source_id }}' and months.source_sha256 = landed._source_sha256
    inner join latest
        on
            latest.source_id = months.source_id
            and latest.quarter = months.quarter
            and latest.month = months.month
    where {{ roll_up }}
    group by latest.quarter, latest.month, landed.{{ part }}, landed.provider_org_code
    {{ 'union all' if not loop.last }}
{% endfor %}
