-- Shares are parts of one; `trust_total` says whether all of them are there.
with landed as (
    select
        {{ clean_text('trust_code') }} as trust_code,
        {{ clean_text('district_code') }} as district_code,
        cast({{ as_double(clean_text('share')) }} as decimal(13, 12)) as share,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'ohid_catchments') }}
),

files as (
    {{ names_of_files() }}
)

select
    landed.trust_code,
    landed.district_code,
    landed.share,
    cast(sum(landed.share) over (partition by landed.trust_code) as decimal(9, 6)) as trust_total,
    landed.source_sha256,
    landed.source_member,
    landed.source_row,
    files.file_name as source_file
from landed
left join files on files.source_sha256 = landed.source_sha256
