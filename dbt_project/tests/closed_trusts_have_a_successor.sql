{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- A trust that closed by the end of a quarter and is counted in what is read for it has a successor, which takes its
-- counts over: else they are in no league, the successor has those of some of its months only, and its series jumps.
select
    quarters.quarter,
    trusts.trust_code,
    trusts.trust_name,
    trusts.close_date,
    {{ joined("counts.source_id || ' ' || cast(counts.month as string)", ', ', distinct=true) }} as counted_in
from {{ ref('reference_trusts') }} as trusts
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = trusts.quarter and trusts.close_date < quarters.period_end
inner join {{ ref('quarters_read') }} as build on build.quarter = quarters.quarter
inner join {{ ref('source_counts') }} as counts
    on
        counts.quarter = build.reads
        and counts.side = 'provider'
        and counts.code_in_file = trusts.trust_code
        and counts.denominator > 0
left join {{ ref('successions') }} as successions
    on successions.quarter = quarters.quarter and successions.predecessor_code = trusts.trust_code
where successions.predecessor_code is null
group by quarters.quarter, trusts.trust_code, trusts.trust_name, trusts.close_date
