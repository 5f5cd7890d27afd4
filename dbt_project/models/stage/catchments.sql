-- Shares are parts of one; `trust_total` says whether all of them are there. The later workbook has patients by middle
-- layer area, which a look-up places in districts. Where it places any, that edition counts, else the one before.
with areas as (
    select distinct
        msoa_code,
        district_code
    from {{ ref('small_areas') }}
    where msoa_code is not null
),

placed as (
    select
        {{ clean_text('landed.trust_code') }} as trust_code,
        {{ clean_text('landed.msoa_code') }} as msoa_code,
        areas.district_code,
        {{ published_number('landed.patients') }} as patients,
        landed._source_sha256 as source_sha256,
        landed._source_member as source_member,
        cast(landed._source_row as integer) as source_row
    from {{ source('land', 'ohid_catchments_msoa') }} as landed
    left join areas on areas.msoa_code = {{ clean_text('landed.msoa_code') }}
    qualify
        max({{ clean_text('landed.catchment_year') }}) over () = {{ clean_text('landed.catchment_year') }}
        and count(areas.district_code) over () > 0
),

landed as (
    select
        'ohid_not_seen' as basis,
        trust_code,
        district_code,
        msoa_code,
        cast(
            {{ as_double('patients') }} / nullif({{ as_double('sum(patients) over (partition by trust_code)') }}, 0)
            as decimal(13, 12)
        ) as share,
        source_sha256,
        source_member,
        source_row
    from placed
    where patients is not null
    union all
    select
        'ohid' as basis,
        {{ clean_text('trust_code') }} as trust_code,
        {{ clean_text('district_code') }} as district_code,
        null as msoa_code,
        cast({{ as_double(clean_text('share')) }} as decimal(13, 12)) as share,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'ohid_catchments') }}
    where not exists (select 1 from placed)
),

files as (
    {{ names_of_files() }}
)

select
    landed.basis,
    landed.trust_code,
    landed.district_code,
    landed.msoa_code,
    landed.share,
    cast(sum(landed.share) over (partition by landed.trust_code) as decimal(9, 6)) as trust_total,
    landed.source_sha256,
    landed.source_member,
    landed.source_row,
    files.file_name as source_file
from landed
left join files on files.source_sha256 = landed.source_sha256
