{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- Two names, subtypes, regions or leagues of one trust in one quarter are a contradiction: in a release each with its
-- first row. An ICB may be in our league and in NHS England's.
with twice as (
    select
        quarter,
        organisation_code
    from {{ ref('organisations') }}
    group by quarter, organisation_code, coalesce(league, '') = 'icb_official'
    having count(*) > 1
)

select
    twice.quarter,
    twice.organisation_code,
    figures.trust_name,
    figures.league,
    figures.trust_subtype,
    figures.published_region,
    figures.source_sha256,
    figures.source_member,
    min(figures.source_row) as source_row
from twice
left join {{ ref('nof_figures') }} as figures
    on figures.quarter = twice.quarter and figures.trust_code = twice.organisation_code
group by
    twice.quarter,
    twice.organisation_code,
    figures.trust_name,
    figures.league,
    figures.trust_subtype,
    figures.published_region,
    figures.source_sha256,
    figures.source_member
