{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- Control total: the roll-up C_999 of a provider, commissioner and part is the sum of its treatment functions.
with signed as (
    select
        *,
        case treatment_function when 'C_999' then -1 else 1 end as sign
    from {{ ref('rtt_pathways') }}
)

select
    min(source_sha256) as source_sha256,
    month,
    provider_code,
    commissioner_code,
    part,
    count(case when sign = -1 then 1 end) as roll_ups,
    sum(case when sign = -1 then total_all end) as rolled_up,
    sum(case when sign = 1 then total_all end) as sum_of_functions,
    sum(sign * within_18_weeks) as functions_less_roll_up_within_18_weeks,
    sum(sign * over_18_to_52_weeks) as functions_less_roll_up_over_18_to_52_weeks,
    sum(sign * over_52_weeks) as functions_less_roll_up_over_52_weeks,
    sum(sign * total) as functions_less_roll_up_total,
    sum(sign * unknown_clock_start) as functions_less_roll_up_unknown_clock_start
from signed
group by month, provider_code, commissioner_code, part
having
    count(case when sign = -1 then 1 end) <> 1
    or sum(sign * within_18_weeks) <> 0
    or sum(sign * over_18_to_52_weeks) <> 0
    or sum(sign * over_52_weeks) <> 0
    or sum(sign * total) <> 0
    or sum(sign * unknown_clock_start) <> 0
    or sum(sign * total_all) <> 0
order by month, provider_code, commissioner_code, part
