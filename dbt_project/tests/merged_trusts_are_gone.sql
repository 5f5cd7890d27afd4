{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- A predecessor should not report any more: neither in a release of a quarter that began after it merged, nor in counts
-- of a month after that of the merger, whose files may still have its code. Its counts go to the successor, which has
-- them twice where its own rows hold them already.
with reported as (
    select
        quarter,
        cast(null as date) as month,
        trust_code as organisation_code,
        'nof_data ' || quarter as reported_in
    from {{ ref('nof_figures') }}
    union all
    select
        quarter,
        month,
        code_in_file,
        source_id || ' ' || cast(month as string)
    from {{ ref('source_counts') }}
    where side = 'provider' and denominator > 0
)

select
    reported.quarter,
    reported.organisation_code,
    successions.successor_code,
    successions.merger_date,
    {{ joined('reported.reported_in', ', ', distinct=true) }} as reported_in
from reported
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = reported.quarter
inner join {{ ref('successions') }} as successions
    on
        successions.quarter = reported.quarter
        and successions.predecessor_code = reported.organisation_code
where
    successions.merger_date < reported.month
    or (reported.month is null and successions.merger_date <= quarters.period_start)
group by reported.quarter, reported.organisation_code, successions.successor_code, successions.merger_date
