-- Decile 1 is the most deprived, as in the Indices of Deprivation. At which end Talking Therapies has those its words
-- say: in 2024-25 decile 10 was the most deprived. Patients of no decile and counts that are hidden have none. The
-- publisher's own file has a column for each measure, and this is the one that is read.
with landed as (
    select
        {{ clean_text('org_type') }} as organisation_type,
        {{ clean_text('org_code') }} as organisation_code,
        {{ clean_text('variable_type') }} = 'Total' as is_total,
        try_cast(regexp_extract({{ clean_text('variable_a') }}, '^([0-9]+) ', 1) as integer) as published_decile,
        {{ has('lower(' ~ clean_text('variable_a') ~ ')', ' (more|most) ') }} as is_more_deprived,
        case when is_more_deprived = (published_decile > 5) then 11 - published_decile else published_decile end
            as imd_decile,
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
    landed.organisation_type,
    landed.organisation_code,
    landed.is_total,
    landed.imd_decile,
    landed.referrals,
    landed.source_sha256,
    landed.source_member,
    landed.source_row,
    files.file_name as source_file
from landed
left join files on files.source_sha256 = landed.source_sha256
