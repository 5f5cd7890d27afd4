-- Decile 10 of Talking Therapies is the most deprived, decile 1 of the Indices of Deprivation: we number them as the
-- Indices do. Patients of no decile and counts that are hidden have none. The publisher's own file has a column for
-- each measure, and this is the one that is read.
with landed as (
    select
        {{ clean_text('org_type') }} as organisation_type,
        {{ clean_text('org_code') }} as organisation_code,
        {{ clean_text('variable_type') }} = 'Total' as is_total,
        11 - try_cast(regexp_extract({{ clean_text('variable_a') }}, '^([0-9]+) ', 1) as integer) as imd_decile,
        cast({{ published_number('value') }} as bigint) as referrals,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'talking_therapies') }}
    where
        coalesce({{ clean_text('measure_name') }}, 'referrals_received') = 'referrals_received'
        and coalesce({{ clean_text('measure_statistic') }}, 'count') = 'count'
        and {{ clean_text('variable_type') }} in ('Total', 'Indices of Deprivation Decile')
),

files as (
    {{ names_of_files() }}
)

select
    landed.*,
    files.file_name as source_file
from landed
left join files on files.source_sha256 = landed.source_sha256
