{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'csds_counts'}}}) }}
-- Control total: providers add up to All Submitters, as far as rounding to 5 allows (2.5 a row). Patients are not
-- summed: one can be seen by several.
with expected as (
    select
        months.source_sha256,
        months.month,
        dimensions.dimension
    from {{ ref('months_available') }} as months
    cross join (values ('TotalReferrals'), ('TotalCareContacts'), ('TotalCareActivities')) as dimensions (dimension)
    where months.source_id = 'csds'
)

select
    min(expected.source_sha256) as source_sha256,
    expected.month,
    expected.dimension,
    sum(case when counts.level = 'All Submitters' then counts.value end) as england,
    sum(case when counts.level = 'Provider' then counts.value end) as sum_of_providers,
    count(case when counts.level = 'Provider' then 1 end) as providers
from expected
left join {{ ref('csds_counts') }} as counts
    on counts.month = expected.month and counts.dimension = expected.dimension
group by expected.month, expected.dimension
having
    sum(case when counts.level = 'All Submitters' then counts.value end) is null
    or sum(case when counts.level = 'Provider' then counts.value end) is null
    or abs(
        sum(case when counts.level = 'All Submitters' then counts.value end)
        - sum(case when counts.level = 'Provider' then counts.value end)
    ) > 2.5 * (count(case when counts.level = 'Provider' then 1 end) + 1)
