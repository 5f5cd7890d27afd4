{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A release that spells the name of a trust in two ways: the first in the alphabet counts. Names whose
-- letters differ, the words of all trusts aside, stop the build (`trusts_are_described_once`).
with names as (
    select
        quarter,
        trust_code,
        trust_name,
        source_sha256,
        source_member,
        min(source_row) as source_row,
        min(trust_name) over (partition by quarter, trust_code) as name_that_counts
    from {{ ref('nof_figures') }}
    group by quarter, trust_code, trust_name, source_sha256, source_member
)

select *
from names
where trust_name <> name_that_counts
