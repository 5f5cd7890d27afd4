-- A published value is one row of one file; a computed one is the sum of the rows of its organisation between the first
-- and the last named, file by file.
select
    quarter,
    organisation_code,
    metric_id,
    value_basis,
    source_id,
    source_sha256,
    source_member as member_or_sheet,
    reporting_date as period,
    organisation_code as code_in_file,
    source_row as first_row,
    source_row as last_row,
    cast(1 as integer) as rows_counted
from {{ ref('metric_values') }}
where source_sha256 is not null and value_basis = 'published'
union all
select
    counts.quarter,
    coalesce(successions.successor_code, counts.organisation_code),
    rules.metric_id,
    'computed',
    rules.source_id,
    counts.source_sha256,
    counts.source_member,
    strftime(counts.month, '%Y-%m'),
    counts.code_in_file,
    cast(min(counts.first_row) as integer),
    cast(max(counts.last_row) as integer),
    cast(sum(counts.rows_counted) as integer)
from {{ ref('monthly_counts') }} as counts
inner join {{ ref('computed_metrics') }} as rules
    on
        rules.measure = counts.measure
        and rules.side = counts.side
        and (
            rules.without_commissioner is null
            or counts.commissioner_apart is distinct from rules.without_commissioner
        )
inner join {{ ref('months_counted') }} as months
    on
        months.quarter = counts.quarter
        and months.framework = rules.framework
        and months.metric_id = rules.metric_id
        and months.month = counts.month
left join {{ ref('successions_in_force') }} as successions
    on
        rules.side = 'provider'
        and successions.quarter = counts.quarter
        and successions.predecessor_code = counts.organisation_code
group by
    counts.quarter,
    coalesce(successions.successor_code, counts.organisation_code),
    rules.metric_id,
    rules.source_id,
    counts.source_sha256,
    counts.source_member,
    counts.month,
    counts.code_in_file
