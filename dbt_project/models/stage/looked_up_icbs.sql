-- The sub-ICB lookup has a row for each sub-ICB; the first of them says it for the ICB.
select
    {{ clean_text('icb_ods_code') }} as icb_code,
    {{ clean_text('icb_name') }} as icb_name,
    {{ clean_text('region_name') }} as region,
    _source_sha256 as source_sha256,
    _source_member as source_member,
    min(cast(_source_row as integer)) as source_row
from {{ source('land', 'ods_sub_icbs') }}
group by
    {{ clean_text('icb_ods_code') }},
    {{ clean_text('icb_name') }},
    {{ clean_text('region_name') }},
    _source_sha256,
    _source_member
