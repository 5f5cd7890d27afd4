-- What a computed value is the sum of: the rows of the months that count, those of a predecessor under its successor,
-- without the commissioner that a rule leaves out.
select
    counts.quarter,
    rules.framework,
    coalesce(successions.successor_code, counts.organisation_code) as organisation_code,
    rules.metric_id,
    counts.source_id,
    counts.month,
    counts.code_in_file,
    counts.numerator,
    counts.denominator,
    counts.source_sha256,
    counts.source_member,
    counts.source_row
from {{ ref('source_counts') }} as counts
inner join {{ ref('rules_in_force') }} as rules
    on
        rules.quarter = counts.quarter
        and rules.measure = counts.measure
        and rules.side = counts.side
        and (
            rules.without_commissioner is null
            or counts.commissioner_apart is distinct from rules.without_commissioner
        )
inner join {{ ref('months_used') }} as months
    on
        months.quarter = counts.quarter
        and months.framework = rules.framework
        and months.metric_id = rules.metric_id
        and months.month = counts.month
left join {{ ref('successions') }} as successions
    on
        rules.side = 'provider'
        and successions.quarter = counts.quarter
        and successions.predecessor_code = counts.organisation_code
