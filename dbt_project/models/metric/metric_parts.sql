-- What a computed value is the sum of: the rows of the months that count, those of a predecessor under its successor,
-- without the commissioner that a rule leaves out. Where the framework takes the last month that a trust submitted,
-- those of that month, of the quarter or the one before, for a member of a league that is not in the month that counts.
with counted as (
    select
        rules.quarter,
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
        counts.source_row,
        months.month is not null as counts_for_all,
        last_submissions.metric_id is not null and metrics.metric_id is not null as can_be_earlier
    from {{ ref('rules_in_force') }} as rules
    left join {{ ref('last_submissions') }} as last_submissions
        on last_submissions.framework = rules.framework and last_submissions.metric_id = rules.metric_id
    left join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = rules.quarter
    inner join {{ ref('source_counts') }} as counts
        on
            counts.measure = rules.measure
            and counts.side = rules.side
            and (
                counts.quarter = rules.quarter
                or (
                    last_submissions.metric_id is not null
                    and quarters.role = 'asked for'  -- of a quarter that only stands before, no more may be at hand
                    and counts.quarter = {{ quarter_before('rules.quarter') }}
                )
            )
            and {{ with_its_commissioners('counts', 'rules') }}
    left join {{ ref('months_used') }} as months
        on
            months.quarter = rules.quarter
            and months.framework = rules.framework
            and months.metric_id = rules.metric_id
            and months.month = counts.month
    left join {{ ref('successions') }} as successions
        on
            rules.side = 'provider'
            and successions.quarter = rules.quarter
            and successions.predecessor_code = counts.organisation_code
    left join {{ ref('organisations') }} as members
        on
            last_submissions.metric_id is not null
            and members.quarter = rules.quarter
            and members.organisation_code = coalesce(successions.successor_code, counts.organisation_code)
    left join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = rules.quarter
            and metrics.framework = rules.framework
            and metrics.metric_id = rules.metric_id
            and metrics.league = members.league
)

select
    quarter,
    framework,
    organisation_code,
    metric_id,
    source_id,
    month,
    code_in_file,
    numerator,
    denominator,
    source_sha256,
    source_member,
    source_row
from counted
qualify
    counts_for_all
    or (
        can_be_earlier
        and bool_or(counts_for_all) over (partition by quarter, framework, metric_id)
        and month = max(month) over (partition by quarter, framework, metric_id, organisation_code)
    )
