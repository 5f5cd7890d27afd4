{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A provider with the code or the name of an NHS trust that no reference list knows: a new trust, or a damaged code.
select
    files.source_sha256,
    files.source_member,
    files.source_row,
    organisations.quarter,
    organisations.organisation_code,
    organisations.organisation_name
from {{ ref('organisations') }} as organisations
left join {{ ref('organisations_in_files') }} as files
    on
        files.quarter = organisations.quarter
        and files.side = 'provider'
        and files.organisation_code = organisations.organisation_code
where
    organisations.organisation_type = 'independent_or_other'
    and {{ named_as_a_trust('organisations') }}
    and not organisations.known_to_ods
