{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'dm01_waits'}}}) }}
-- Control total: TOTAL of a provider and commissioner is the sum of its tests, and the weeks make the waiting list.
with summed as (
    select
        min(source_sha256) as source_sha256,
        month,
        provider_code,
        commissioner_code,
        count(case when test = 'TOTAL' then 1 end) as totals,
        sum(case when test = 'TOTAL' then waiting_list end) as total_waiting,
        sum(case when test <> 'TOTAL' then waiting_list end) as sum_of_waiting,
        sum(case when test = 'TOTAL' then over_6_weeks end) as total_over_6_weeks,
        sum(case when test <> 'TOTAL' then over_6_weeks end) as sum_of_over_6_weeks,
        count(case when within_6_weeks + over_6_weeks <> waiting_list then 1 end) as rows_whose_weeks_do_not_add_up,
        min(case when within_6_weeks + over_6_weeks <> waiting_list then source_row end) as first_such_row
    from {{ ref('dm01_waits') }}
    group by month, provider_code, commissioner_code
)

select *
from summed
where
    totals <> 1
    or total_waiting is distinct from sum_of_waiting
    or total_over_6_weeks is distinct from sum_of_over_6_weeks
    or rows_whose_weeks_do_not_add_up > 0
