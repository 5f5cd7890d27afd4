-- The trust list knows care trusts and benchmark groups; it has the ICB by name.
select
    {{ clean_text('trusts.ods_code') }} as trust_code,
    {{ clean_text('trusts.name') }} as trust_name,
    {{ clean_text('trusts.type') }} as benchmark_group,
    {{ clean_text('trusts.region') }} as region,
    icbs.icb_code,
    trusts._source_sha256 as source_sha256,
    trusts._source_member as source_member,
    cast(trusts._source_row as integer) as source_row
from {{ source('land', 'ods_trusts') }} as trusts
left join {{ ref('icbs') }} as icbs on icbs.icb_name = {{ clean_text('trusts.ics') }} || ' ICB'
