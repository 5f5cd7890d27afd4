-- Seed `icbs` knows the ICBs of England and when they were in force. An ICB that it does not know is described by the
-- sub-ICB lookup, whose first row of the ICB says it.
with looked_up as (
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
)

select
    coalesce(icbs.icb_code, looked_up.icb_code) as icb_code,
    coalesce(icbs.icb_name, looked_up.icb_name) as icb_name,
    coalesce(icbs.region, looked_up.region) as region,
    icbs.opened_on,
    icbs.closed_on,
    looked_up.source_sha256,
    looked_up.source_member,
    looked_up.source_row
from {{ ref('icbs') }} as icbs
full outer join looked_up on looked_up.icb_code = icbs.icb_code
