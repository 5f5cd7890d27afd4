{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- Two names, subtypes, regions or leagues of one trust in one quarter are a contradiction in the files. An ICB may be
-- in our league and in NHS England's.
select
    quarter,
    organisation_code,
    {{ joined('organisation_name', ' | ', distinct=true) }} as names,
    {{ joined('league', ' | ', distinct=true) }} as leagues,
    {{ joined('trust_subtype', ' | ', distinct=true) }} as subtypes,
    {{ joined('region', ' | ', distinct=true) }} as regions
from {{ ref('organisations') }}
group by quarter, organisation_code, coalesce(league, '') = 'icb_official'
having count(*) > 1
