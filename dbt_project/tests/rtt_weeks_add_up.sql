{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- Control total: the weeks of an incomplete pathway row make Total All; of a completed one Total, and with unknown
-- clock starts Total All. New periods have no weeks.
select
    source_sha256,
    source_member,
    month,
    provider_code,
    commissioner_code,
    part,
    treatment_function,
    source_row,
    within_18_weeks + over_18_to_52_weeks + over_52_weeks as weeks,
    total,
    unknown_clock_start,
    total_all
from {{ ref('rtt_pathways') }}
where
    (
        part in ('Part_2', 'Part_2A')
        and within_18_weeks + over_18_to_52_weeks + over_52_weeks <> total_all
    )
    or (
        part in ('Part_1A', 'Part_1B')
        and (
            within_18_weeks + over_18_to_52_weeks + over_52_weeks <> total
            or total + unknown_clock_start <> total_all
        )
    )
    or (part = 'Part_3' and within_18_weeks + over_18_to_52_weeks + over_52_weeks <> 0)
