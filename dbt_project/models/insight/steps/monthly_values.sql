-- Each metric that publications make, month by month, of everybody counted and of England. A trust that took over
-- another has its months, too, those before the merger as well: else the series would jump. England is every
-- organisation that counts and has figures, as the publisher's own total is. A department of type 1 where nobody waited
-- over four hours did not say who did: fourteen trusts tried other standards and were exempt (Hospital Accident &
-- Emergency Activity 2020-21, NHS Digital). The CSV has noughts of them. The workbook may have noughts or marks.
with metrics as (
    select
        metric_id,
        measure,
        side,
        without_commissioner,
        multiplier,
        divisor,
        min(publication) as publication,
        min(framework) as framework,
        min(label || case when note like 'layout not seen%' then '; ' || note else '' end) as label
    from {{ ref('computed_metrics') }}
    where {{ of_months('basis') }}
    group by metric_id, measure, side, without_commissioner, multiplier, divisor
),

not_told as (
    select
        source_sha256,
        source_member,
        source_row
    from {{ ref('ae_attendances') }}
    where a_e_attendances_type_1 > 0 and attendances_over_4hrs_type_1 = 0
    union all
    select
        source_sha256,
        source_member,
        source_row
    from {{ ref('ae_provider_attendances') }}
    where attendances_type_1 > 0 and over_4_hours_type_1 = 0
),

counts as (
    select
        build.quarter,
        counts.month,
        counts.measure,
        counts.side,
        counts.organisation_code,
        counts.commissioner_apart,
        counts.numerator,
        counts.denominator,
        counts.source_id,
        counts.source_sha256,
        counts.source_member,
        counts.source_row,
        not_told.source_row is null as is_told
    from {{ ref('source_counts') }} as counts
    inner join {{ ref('quarters_read') }} as build on build.reads = counts.quarter
    left join not_told
        on
            not_told.source_sha256 = counts.source_sha256
            and not_told.source_member is not distinct from counts.source_member
            and not_told.source_row = counts.source_row
    qualify {{ in_newest_reading('counts', ['build.quarter', 'counts.month', 'counts.measure', 'counts.side']) }}
),

organisations as (
    select
        counts.quarter,
        metrics.metric_id,
        metrics.measure,
        coalesce(successions.successor_code, counts.organisation_code) as organisation_code,
        counts.month,
        round(sum(counts.numerator), 3) as numerator,  -- footprints are shares, whole again to a thousandth
        round(sum(counts.denominator), 3) as denominator,
        count(*) = count(counts.numerator) and count(*) = count(counts.denominator) and bool_and(counts.is_told)
            as has_all_figures,
        {{ joined('successions.predecessor_code', distinct=true) }} as predecessors,
        min(counts.source_id) as source_id,
        min(counts.source_sha256) as source_sha256,
        {{ joined('counts.source_member', distinct=true) }} as source_member,
        {{ joined('cast(counts.source_row as string)', ',', by='counts.source_row') }} as source_rows
    from counts
    inner join metrics
        on
            metrics.measure = counts.measure
            and metrics.side = counts.side
            and {{ with_its_commissioners('counts', 'metrics') }}
    left join {{ ref('successions') }} as successions
        on
            metrics.side = 'provider'
            and successions.quarter = counts.quarter
            and successions.predecessor_code = counts.organisation_code
    group by
        counts.quarter, metrics.metric_id, metrics.measure,
        coalesce(successions.successor_code, counts.organisation_code), counts.month
),

england as (
    select
        counts.quarter,
        metrics.metric_id,
        metrics.measure,
        'England' as organisation_code,
        counts.month,
        round(sum(counts.numerator), 3) as numerator,
        round(sum(counts.denominator), 3) as denominator,
        true as has_all_figures,
        null as predecessors,
        min(counts.source_id) as source_id,
        min(counts.source_sha256) as source_sha256,
        {{ joined('counts.source_member', distinct=true) }} as source_member,
        null as source_rows
    from counts
    inner join metrics
        on
            metrics.measure = counts.measure
            and {{ side_in_file('metrics.side') }} = counts.side
            and counts.numerator is not null
            and counts.denominator is not null
    group by counts.quarter, metrics.metric_id, metrics.measure, counts.month
),

monthly as (
    select * from organisations
    union all
    select * from england
),

breaks as (
    select distinct
        metric_id,
        null as organisation_code,
        {{ first_day_of_quarter('quarter') }} as month,
        change as reason
    from {{ ref('metric_changes') }}
    union all
    select
        metric_id,
        organisation_code,
        month,
        reason
    from {{ ref('series_rebases') }}
),

phases as (
    select
        monthly.quarter,
        monthly.metric_id,
        monthly.measure,
        monthly.organisation_code,
        monthly.month,
        count(distinct breaks.month) as breaks_before,
        max_by(breaks.reason, (breaks.month, breaks.reason)) as reason
    from monthly
    inner join breaks
        on
            breaks.metric_id = monthly.metric_id
            and coalesce(breaks.organisation_code, monthly.organisation_code) = monthly.organisation_code
            and breaks.month <= monthly.month
    group by monthly.quarter, monthly.metric_id, monthly.measure, monthly.organisation_code, monthly.month
)

select
    monthly.quarter,
    cast(monthly.metric_id as string) as metric_id,
    cast(monthly.measure as string) as measure,
    monthly.organisation_code,
    monthly.month,
    cast(1 + coalesce(phases.breaks_before, 0) as integer) as phase,
    phases.reason as phase_reason,
    cast(monthly.numerator as decimal(18, 6)) as numerator,
    cast(monthly.denominator as decimal(18, 6)) as denominator,
    cast(
        {{ exact_ratio('monthly.numerator', 'monthly.denominator', 'metrics.multiplier', 'metrics.divisor') }}
        as decimal(18, 6)
    ) as value,
    monthly.predecessors,
    metrics.framework,
    cast(metrics.publication as string) as publication,
    cast(metrics.label as string) as label,
    monthly.source_id,
    monthly.source_sha256,
    monthly.source_member,
    monthly.source_rows
from monthly
inner join metrics on metrics.metric_id = monthly.metric_id and metrics.measure = monthly.measure
left join phases
    on
        phases.quarter = monthly.quarter
        and phases.metric_id = monthly.metric_id
        and phases.measure = monthly.measure
        and phases.organisation_code = monthly.organisation_code
        and phases.month = monthly.month
where monthly.has_all_figures and monthly.denominator > 0
