{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- Two names, subtypes, regions or leagues of one trust in one quarter are a contradiction in the files. An ICB may be
-- in our league and in NHS England's.
select
    quarter,
    organisation_code,
    string_agg(distinct organisation_name, ' | ' order by organisation_name) as names,
    string_agg(distinct league, ' | ' order by league) as leagues,
    string_agg(distinct trust_subtype, ' | ' order by trust_subtype) as subtypes,
    string_agg(distinct region, ' | ' order by region) as regions
from {{ ref('organisations') }}
group by quarter, organisation_code, coalesce(league, '') = 'icb_official'
having count(*) > 1
