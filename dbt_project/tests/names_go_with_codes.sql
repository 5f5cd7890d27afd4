{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'counts'}}}) }}
-- The code of a trust or ICB beside the name of another: one of both is wrong, and figures would be of the wrong one.
-- Names are compared by their letters, without the words that all of them have.
with organisations as (
    select
        quarter,
        trust_code as organisation_code,
        trust_name as organisation_name,
        {{ plain_name('trust_name') }} as plain_name
    from {{ ref('reference_trusts') }}
    union all
    select
        quarters.quarter,
        icbs.icb_code,
        icbs.icb_name,
        {{ plain_name('icbs.icb_name') }}
    from {{ ref('reference_icbs') }} as icbs
    cross join {{ ref('quarters_in_scope') }} as quarters
),

named as (
    select
        quarter,
        organisation_code,
        organisation_name,
        source_sha256,
        source_member,
        min(source_row) as source_row
    from {{ ref('counts') }}
    where side is not null
    group by quarter, organisation_code, organisation_name, source_sha256, source_member
    union all
    select
        quarter,
        trust_code,
        trust_name,
        source_sha256,
        source_member,
        min(source_row)
    from {{ ref('nof_figures') }}
    group by quarter, trust_code, trust_name, source_sha256, source_member
)

select
    named.source_sha256,
    named.source_member,
    named.source_row,
    named.quarter,
    named.organisation_code,
    named.organisation_name,
    other.organisation_code as code_of_that_name,
    known.organisation_name as name_of_that_code
from named
inner join organisations as other
    on
        other.quarter = named.quarter
        and other.plain_name = {{ plain_name('named.organisation_name') }}
        and other.organisation_code <> named.organisation_code
inner join organisations as known
    on known.quarter = named.quarter and known.organisation_code = named.organisation_code
where other.plain_name <> '' and known.plain_name <> other.plain_name
