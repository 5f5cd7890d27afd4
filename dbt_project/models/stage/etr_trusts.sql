-- etr has the ICB code and the region code of a trust.
with region_names as (
    select distinct
        region_code,
        region
    from {{ ref('regions') }}
)

select
    {{ clean_text('etr.code') }} as trust_code,
    {{ clean_text('etr.name') }} as trust_name,
    region_names.region,
    nullif({{ clean_text('etr.high_level_health_geography') }}, '') as icb_code,
    cast(strptime(nullif({{ clean_text('etr.close_date') }}, ''), '%Y%m%d') as date) as close_date,
    etr._source_sha256 as source_sha256,
    etr._source_member as source_member,
    cast(etr._source_row as integer) as source_row
from {{ source('land', 'ods_etr') }} as etr
left join region_names on region_names.region_code = {{ clean_text('etr.national_grouping') }}
