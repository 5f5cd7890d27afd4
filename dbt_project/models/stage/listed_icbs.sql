select
    {{ clean_text('ods_code') }} as icb_code,
    {{ clean_text('name') }} as icb_name,
    {{ clean_text('region') }} as region,
    _source_sha256 as source_sha256,
    _source_member as source_member,
    cast(_source_row as integer) as source_row
from {{ source('land', 'ods_icbs') }}
