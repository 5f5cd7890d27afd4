-- Waits of 18 weeks or less are the first eighteen columns; over 52 weeks, those from the 53rd on.
select
    months.quarter,
    months.month,
    rtt.provider_org_code as provider_code,
    {{ clean_text('rtt.provider_org_name') }} as provider_name,
    rtt.commissioner_org_code as commissioner_code,
    {{ clean_text('rtt.commissioner_org_name') }} as commissioner_name,
    nullif(rtt.commissioner_parent_org_code, '') as icb_code,
    nullif({{ clean_text('rtt.commissioner_parent_name') }}, '') as icb_name,
    rtt.rtt_part_type as part,
    rtt.treatment_function_code as treatment_function,
    {{ clean_text('rtt.treatment_function_name') }} as treatment_function_name,
    {{ sum_of_counts(rtt_weeks(0, 17)) }} as within_18_weeks,
    {{ sum_of_counts(rtt_weeks(18, 51)) }} as over_18_to_52_weeks,
    {{ sum_of_counts(rtt_weeks(52, 104)) }} as over_52_weeks,
    {{ published_count('rtt.total') }} as total,
    {{ published_count('rtt.patients_with_unknown_clock_start_date') }} as unknown_clock_start,
    {{ published_count('rtt.total_all') }} as total_all,
    rtt._source_sha256 as source_sha256,
    rtt._source_member as source_member,
    cast(rtt._source_row as integer) as source_row
from {{ source('land', 'rtt') }} as rtt
inner join {{ ref('months_available') }} as months
    on months.source_id = 'rtt' and months.source_sha256 = rtt._source_sha256
