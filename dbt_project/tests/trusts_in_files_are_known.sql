{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'organisations_in_files'}}}) }}
-- A provider with the code or the name of an NHS trust that neither a list nor a merger knows. In a series its months
-- are those of an organisation of its own, and a trust whose code is damaged has a gap. A history may be older than the
-- lists, so this only warns. A quarter stops for `trusts_are_known`.
with known as (
    select trust_code from {{ ref('reference_trusts') }}
    union
    select trust_code from {{ ref('trusts') }}
    union
    select predecessor_code from {{ ref('successions') }}
)

select
    files.source_sha256,
    files.source_member,
    files.source_row,
    files.quarter,
    files.organisation_code,
    files.organisation_name
from {{ ref('organisations_in_files') }} as files
left join known on known.trust_code = files.organisation_code
where
    files.side = 'provider'
    and known.trust_code is null
    and {{ named_as_a_trust('files') }}
