-- Shares are parts of one; `trust_total` says whether all of them are there.
with landed as (
    select
        *,
        cast({{ as_double(clean_text('share')) }} as decimal(13, 12)) as part
    from {{ source('land', 'ohid_catchments') }}
)

select
    {{ clean_text('trust_code') }} as trust_code,
    {{ clean_text('district_code') }} as district_code,
    landed.part as share,
    cast(sum(landed.part) over (partition by {{ clean_text('trust_code') }}) as decimal(9, 6)) as trust_total,
    landed._source_sha256 as source_sha256,
    _source_member as source_member,
    cast(_source_row as integer) as source_row,
    files.file_name as source_file
from landed
left join ({{ names_of_files() }}) as files on files.source_sha256 = landed._source_sha256
