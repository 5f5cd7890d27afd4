select
    months.quarter,
    months.month,
    dm01.provider_org_code as provider_code,
    {{ clean_text('dm01.provider_org_name') }} as provider_name,
    dm01.commissioner_org_code as commissioner_code,
    {{ clean_text('dm01.commissioner_org_name') }} as commissioner_name,
    nullif(dm01.commissioner_parent_org_code, '') as icb_code,
    nullif({{ clean_text('dm01.commissioner_parent_name') }}, '') as icb_name,
    dm01.diagnostic_tests as test,
    {{ sum_of_counts(dm01_weeks(0, 5)) }} as within_6_weeks,
    {{ sum_of_counts(dm01_weeks(6, 13)) }} as over_6_weeks,
    {{ published_count('dm01.total_wl') }} as waiting_list,
    dm01._source_sha256 as source_sha256,
    dm01._source_member as source_member,
    cast(dm01._source_row as integer) as source_row
from {{ source('land', 'dm01') }} as dm01
inner join {{ ref('months_available') }} as months
    on months.source_id = 'dm01' and months.source_sha256 = dm01._source_sha256
