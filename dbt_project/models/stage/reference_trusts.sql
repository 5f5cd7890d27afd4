-- etr has the ICB code and the region code of a trust; the trust list knows care trusts, benchmark groups and
-- successions. A trust that the list no longer names keeps the league it had.
with etr as (
    select
        {{ clean_text('code') }} as trust_code,
        {{ clean_text('name') }} as trust_name,
        {{ clean_text('national_grouping') }} as region_code,
        nullif({{ clean_text('high_level_health_geography') }}, '') as icb_code,
        nullif({{ clean_text('close_date') }}, '') as close_date
    from {{ source('land', 'ods_etr') }}
),

listed as (
    select
        {{ clean_text('ods_code') }} as trust_code,
        {{ clean_text('name') }} as trust_name,
        {{ clean_text('type') }} as benchmark_group,
        {{ clean_text('region') }} as region,
        {{ clean_text('ics') }} as icb_name
    from {{ source('land', 'ods_trusts') }}
),

region_names as (
    select distinct
        region_code,
        region
    from {{ ref('regions') }}
)

select
    coalesce(etr.trust_code, listed.trust_code) as trust_code,
    coalesce(etr.trust_name, listed.trust_name) as trust_name,
    coalesce(etr_regions.region, listed.region) as region,
    coalesce(etr.icb_code, icbs.icb_code) as icb_code,
    case
        when etr.icb_code is not null then 'etr'
        when icbs.icb_code is not null then 'trust list, ICB matched by name'
    end as icb_source,
    coalesce(benchmark_groups.league, not_listed.league) as league,
    coalesce(cast(strptime(etr.close_date, '%Y%m%d') as date), not_listed.until) as close_date
from etr
full outer join listed on listed.trust_code = etr.trust_code
left join region_names as etr_regions on etr_regions.region_code = etr.region_code
left join {{ ref('icbs') }} as icbs on icbs.icb_name = listed.icb_name || ' ICB'
left join {{ ref('benchmark_groups') }} as benchmark_groups
    on benchmark_groups.benchmark_group = listed.benchmark_group
left join {{ ref('trusts_not_listed') }} as not_listed on not_listed.trust_code = etr.trust_code
