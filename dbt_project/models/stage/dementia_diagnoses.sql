-- Of one table with organisations and areas of every kind the ICBs count. An ICB that had ended by then has none.
with closed_icbs as (
    {{ closed_icbs() }}
)

select
    months.quarter,
    months.month,
    {{ clean_text('dementia.type') }} as level,
    coalesce(
        nullif({{ clean_text('dementia.ods_code') }}, ''), {{ clean_text('dementia.ons_code') }}
    ) as organisation_code,
    {{ clean_text('dementia.name') }} as organisation_name,
    {{ published_number('dementia.recorded') }} as recorded,
    {{ published_number('dementia.estimated') }} as estimated,
    case when upper(level) = 'ICB' and closed.icb_code is null then 'commissioner' end as side,
    'dementia_diagnosed' as measure,
    {{ published_number('dementia.recorded') }} as numerator,
    {{ published_number('dementia.estimated') }} as denominator,
    try_cast({{ clean_text('dementia.lower') }} as double) as lower_limit,
    try_cast({{ clean_text('dementia.upper') }} as double) as upper_limit,
    dementia._source_sha256 as source_sha256,
    dementia._source_member as source_member,
    cast(dementia._source_row as integer) as source_row
from {{ source('land', 'dementia') }} as dementia
inner join {{ ref('months_available') }} as months
    on months.source_id = 'dementia' and months.source_sha256 = dementia._source_sha256
left join closed_icbs as closed
    on closed.quarter = months.quarter and closed.icb_code = {{ clean_text('dementia.ods_code') }}
