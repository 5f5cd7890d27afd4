{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'cancer_waits'}}}) }}
-- Control total: on the 62-day sheet the four routes of an organisation add up to all routes.
select
    min(source_sha256) as source_sha256,
    month,
    basis,
    organisation_code,
    min(organisation_name) as organisation_name,
    sum(case when is_all_routes then total end) as all_routes,
    sum(case when not is_all_routes then total end) as sum_of_routes,
    sum(case when is_all_routes then within end) as all_routes_within,
    sum(case when not is_all_routes then within end) as sum_of_routes_within
from {{ ref('cancer_waits') }}
where standard = '62-day'
group by month, basis, organisation_code
having
    sum(case when is_all_routes then total end) is distinct from sum(case when not is_all_routes then total end)
    or sum(case when is_all_routes then within end) is distinct from sum(case when not is_all_routes then within end)
