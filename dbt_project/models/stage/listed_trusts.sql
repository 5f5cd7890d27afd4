-- The trust list is optional. It has the ICB by name.
with trusts as (
    {{ reference_rows('ods_trusts') }}
)

select
    trusts.quarter,
    {{ clean_text('trusts.ods_code') }} as trust_code,
    {{ clean_text('trusts.name') }} as trust_name,
    {{ clean_text('trusts.type') }} as benchmark_group,
    benchmark_groups.league,
    {{ clean_text('trusts.region') }} as region,
    icbs.icb_code,
    trusts._source_sha256 as source_sha256,
    trusts._source_member as source_member,
    cast(trusts._source_row as integer) as source_row
from trusts
left join {{ ref('benchmark_groups') }} as benchmark_groups
    on benchmark_groups.benchmark_group = {{ clean_text('trusts.type') }}
left join {{ ref('reference_icbs') }} as icbs
    on icbs.icb_name = 'NHS ' || {{ clean_text('trusts.ics') }} || ' Integrated Care Board'
