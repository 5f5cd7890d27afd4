{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'dementia_diagnoses'}}}) }}
-- Control total: the ICBs of a survey sent and returned what England did, and those of the dementia file have England's
-- diagnoses. Estimates are rounded to a tenth, so half a tenth a row is no difference.
with totals as (
    select
        'gpps' as source_id,
        min(source_sha256) as source_sha256,
        quarter,
        month,
        measure as counted,
        max(case when is_england then distributed end) as england,
        sum(case when not is_england then distributed end) as sum_of_icbs,
        max(case when is_england then received end) as england_within,
        sum(case when not is_england then received end) as sum_of_within,
        0 as rule
    from {{ ref('gpps_results') }}
    group by quarter, month, measure
    union all
    select
        'dementia',
        min(source_sha256),
        quarter,
        month,
        measure,
        max(case when level = 'National' then estimated end),
        sum(case when upper(level) = 'ICB' then estimated end),
        max(case when level = 'National' then recorded end),
        sum(case when upper(level) = 'ICB' then recorded end),
        0.05 * (count(case when upper(level) = 'ICB' then 1 end) + 1)
    from {{ ref('dementia_diagnoses') }}
    group by quarter, month, measure
)

select
    source_id,
    source_sha256,
    month,
    counted,
    england,
    sum_of_icbs,
    england_within,
    sum_of_within
from totals
where coalesce(abs(england - sum_of_icbs) > rule, true) or england_within is distinct from sum_of_within
