-- The denominator of each month at hand. A trust that took over another has its months before the merger, too.
select
    rules.quarter,
    rules.framework,
    rules.metric_id,
    coalesce(successions.successor_code, counts.organisation_code) as organisation_code,
    counts.month,
    cast(
        case when count(*) = count(counts.denominator) then sum(counts.denominator) end as decimal(38, 6)
    ) as denominator
from {{ ref('rules_in_force') }} as rules
inner join {{ ref('quarters_read') }} as build on build.quarter = rules.quarter
inner join {{ ref('source_counts') }} as counts
    on
        counts.measure = rules.measure
        and counts.side = rules.side
        and counts.quarter = build.reads
        and {{ with_its_commissioners('counts', 'rules') }}
left join {{ ref('successions') }} as successions
    on
        rules.side = 'provider'
        and successions.quarter = rules.quarter
        and successions.predecessor_code = counts.organisation_code
where {{ of_months('rules.basis') }}
group by
    rules.quarter, rules.framework, rules.metric_id,
    coalesce(successions.successor_code, counts.organisation_code), counts.month, counts.quarter
qualify {{ in_newest_reading('counts', ['rules.quarter', 'rules.framework', 'rules.metric_id', 'counts.month']) }}
