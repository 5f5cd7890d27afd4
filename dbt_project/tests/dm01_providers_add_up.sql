{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'dm01_provider_waits'}}}) }}
-- Control total: the providers of the web file add up to its Total row, and the tests of each to its own row.
with of_providers as (
    select
        min(source_sha256) as source_sha256,
        month,
        organisation_code,
        sum(case when test = 'ALL TESTS' then waiting_list end) as waiting,
        sum(case when test = 'ALL TESTS' then over_6_weeks end) as over_6_weeks,
        sum(case when test in ('ALL TESTS', 'Total') then 0 else waiting_list end) as sum_of_tests,
        sum(case when test in ('ALL TESTS', 'Total') then 0 else over_6_weeks end) as sum_of_tests_over_6_weeks
    from {{ ref('dm01_provider_waits') }}
    where not is_england
    group by month, organisation_code
),

england as (
    select
        month,
        max(case when test = 'ALL TESTS' then waiting_list end) as waiting,
        max(case when test = 'ALL TESTS' then over_6_weeks end) as over_6_weeks
    from {{ ref('dm01_provider_waits') }}
    where is_england
    group by month
)

select
    source_sha256,
    month,
    organisation_code,
    waiting,
    over_6_weeks,
    sum_of_tests,
    sum_of_tests_over_6_weeks
from of_providers
where waiting is distinct from sum_of_tests or over_6_weeks is distinct from sum_of_tests_over_6_weeks
union all
select
    min(of_providers.source_sha256) as source_sha256,
    of_providers.month,
    'England' as organisation_code,
    england.waiting,
    england.over_6_weeks,
    sum(of_providers.waiting) as sum_of_providers,
    sum(of_providers.over_6_weeks) as sum_of_providers_over_6_weeks
from of_providers
left join england on england.month = of_providers.month
group by of_providers.month, england.waiting, england.over_6_weeks
having
    sum(of_providers.waiting) is distinct from england.waiting
    or sum(of_providers.over_6_weeks) is distinct from england.over_6_weeks
