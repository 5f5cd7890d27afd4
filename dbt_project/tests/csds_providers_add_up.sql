{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'csds_counts'}}}) }}
-- Control total: providers add up to All Submitters, as far as rounding to 5 allows (2.5 a row). Patients are not
-- summed: one can be seen by several.
select
    month,
    dimension,
    sum(case when level = 'All Submitters' then value end) as england,
    sum(case when level = 'Provider' then value end) as sum_of_providers,
    count(case when level = 'Provider' then 1 end) as providers
from {{ ref('csds_counts') }}
where dimension in ('TotalReferrals', 'TotalCareContacts', 'TotalCareActivities')
group by month, dimension
having
    sum(case when level = 'All Submitters' then value end) is null
    or sum(case when level = 'Provider' then value end) is null
    or abs(
        sum(case when level = 'All Submitters' then value end) - sum(case when level = 'Provider' then value end)
    ) > 2.5 * (count(case when level = 'Provider' then 1 end) + 1)
