-- etr has the region code and the ICB code of a trust. A trust outside England has no NHS region, so no ICB either.
with region_names as (
    select distinct
        region_code,
        region
    from {{ ref('regions') }}
),

etr as (
    {{ reference_rows('ods_etr') }}
)

select
    etr.quarter,
    {{ clean_text('etr.code') }} as trust_code,
    {{ clean_text('etr.name') }} as trust_name,
    region_names.region,
    case when region_names.region is not null then nullif({{ clean_text('etr.high_level_health_geography') }}, '') end
        as icb_code,
    {{ readable_name(clean_text('etr.address_4')) }} as town,
    {{ clean_text('etr.postcode') }} as postcode,
    {{ date_of("nullif(" ~ clean_text('etr.open_date') ~ ", '')", ['%Y%m%d']) }} as open_date,
    {{ date_of("nullif(" ~ clean_text('etr.close_date') ~ ", '')", ['%Y%m%d']) }} as close_date,
    etr._source_sha256 as source_sha256,
    etr._source_member as source_member,
    cast(etr._source_row as integer) as source_row
from etr
left join region_names on region_names.region_code = {{ clean_text('etr.national_grouping') }}
