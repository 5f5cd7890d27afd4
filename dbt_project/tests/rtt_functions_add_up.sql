{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- Control total: the roll-up C_999 of a provider, commissioner and part is the sum of its treatment functions.
{%- set counts = ['within_18_weeks', 'over_18_to_52_weeks', 'over_52_weeks', 'total', 'unknown_clock_start', 'total_all'] %}
with summed as (
    select
        month,
        provider_code,
        commissioner_code,
        part,
        count(case when treatment_function = 'C_999' then 1 end) as roll_ups
        {%- for column in counts %},
        sum(case when treatment_function = 'C_999' then {{ column }} end) as rolled_up_{{ column }},
        sum(case when treatment_function <> 'C_999' then {{ column }} end) as sum_of_{{ column }}
        {%- endfor %}
    from {{ ref('rtt_pathways') }}
    group by month, provider_code, commissioner_code, part
)

select
    month,
    provider_code,
    commissioner_code,
    part,
    rolled_up_total_all,
    sum_of_total_all,
    rolled_up_within_18_weeks,
    sum_of_within_18_weeks
from summed
where
    roll_ups <> 1
    {%- for column in counts %}
    or rolled_up_{{ column }} is distinct from sum_of_{{ column }}
    {%- endfor %}
order by month, provider_code, commissioner_code, part
