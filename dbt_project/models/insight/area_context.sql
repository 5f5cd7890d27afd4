-- Means weigh small areas by residents. Sums are of exact decimals, so that their order does not matter. The look-up of
-- small areas has the ICBs before April 2026; later ones are put together from the sub-ICB locations that they name.
with icbs as (
    select distinct icb_code
    from {{ ref('small_areas') }}
),

placed as (
    select 'england' as area_kind, 'ENG' as code, * from {{ ref('small_areas') }}
    union all
    select 'sub_icb' as area_kind, sub_icb_code as code, * from {{ ref('small_areas') }}
    union all
    select 'icb' as area_kind, icb_code as code, * from {{ ref('small_areas') }}
    union all
    select 'icb' as area_kind, areas.later_icb_code as code, areas.*
    from {{ ref('small_areas') }} as areas
    left join icbs on icbs.icb_code = areas.later_icb_code
    where icbs.icb_code is null
    union all
    select 'district' as area_kind, district_code as code, * from {{ ref('small_areas') }}
    union all
    select 'decile' as area_kind, cast(imd_decile as string) as code, * from {{ ref('small_areas') }}
),

in_runs as (
    select
        *,
        source_row - row_number() over (partition by area_kind, code, source_file order by source_row) as run
    from placed
    where code is not null
),

runs as (
    select
        area_kind,
        code,
        source_file,
        count(area_code) as small_areas,
        sum(residents) as residents,
        sum(aged_65_and_over) as aged_65_and_over,
        sum(residents) filter (where is_rural) as rural,
        count(is_rural) as classified,
        sum(residents * imd_score) as weighted_score,
        count(imd_score) as scored,
        min(source_row) as first_row,
        case when count(*) = 1 then cast(min(source_row) as string) else min(source_row) || '-' || max(source_row) end
            as row_numbers
    from in_runs
    group by area_kind, code, source_file, run
),

areas as (
    select
        area_kind,
        code,
        source_file,
        sum(small_areas) as small_areas,
        sum(residents) as residents,
        {{ as_double('sum(aged_65_and_over)') }} / sum(residents) as share_65_plus,
        case when sum(classified) > 0 then {{ as_double('coalesce(sum(rural), 0)') }} / sum(residents) end
            as rural_share,
        case when sum(scored) > 0 then {{ as_double('sum(weighted_score)') }} / sum(residents) end as imd,
        {{ joined('row_numbers', ',', by='first_row') }} as source_rows
    from runs
    group by area_kind, code, source_file
    having sum(residents) > 0
)

select
    quarters.quarter,
    areas.area_kind,
    areas.code as area_code,
    cast(areas.small_areas as integer) as small_areas,
    cast(areas.residents as bigint) as residents,
    cast(areas.imd as decimal(9, 6)) as imd,
    cast(areas.share_65_plus as decimal(7, 6)) as share_65_plus,
    cast(areas.rural_share as decimal(7, 6)) as rural_share,
    areas.source_file,
    areas.source_rows
from areas
cross join {{ ref('quarters_in_scope') }} as quarters
