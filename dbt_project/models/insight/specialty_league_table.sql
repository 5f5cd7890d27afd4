-- Who waits how long for a specialty, with England, which is the sum of all rows of its side.
with everybody as (
    select *
    from {{ ref('specialty_counts') }}
    union all
    select
        quarter,
        month,
        side,
        treatment_function,
        min(treatment_function_name),
        'England',
        'England',
        'england',
        cast(sum(within_18_weeks) as bigint),
        cast(sum(over_52_weeks) as bigint),
        cast(sum(pathways) as bigint),
        'England',
        min(source_sha256),
        min(source_member),
        null
    from {{ ref('specialty_counts') }}
    group by quarter, month, side, treatment_function
),

files as (
    select
        source_sha256,
        min(file_name) as file_name
    from {{ ref('months_available') }}
    group by source_sha256
)

select
    everybody.quarter,
    everybody.month,
    everybody.side,
    everybody.treatment_function,
    everybody.treatment_function_name,
    everybody.organisation_code,
    everybody.organisation_name,
    everybody.organisation_type,
    funnels.rank,
    funnels.rank_low,
    funnels.rank_high,
    everybody.not_ranked_reason,
    everybody.within_18_weeks,
    everybody.over_52_weeks,
    everybody.pathways,
    cast({{ exact_ratio('everybody.within_18_weeks', 'everybody.pathways', 100, 1) }} as decimal(9, 6))
        as share_within_18_weeks,
    cast({{ exact_ratio('everybody.over_52_weeks', 'everybody.pathways', 100, 1) }} as decimal(9, 6))
        as share_over_52_weeks,
    cast(
        case
            when funnels.z >= {{ level('funnel_alarm') }} then 'above 99.8% limit'
            when funnels.z >= {{ level('funnel_alert') }} then 'above 95% limit'
            when funnels.z <= -{{ level('funnel_alarm') }} then 'below 99.8% limit'
            when funnels.z <= -{{ level('funnel_alert') }} then 'below 95% limit'
            when funnels.z is not null then 'within limits'
        end as string
    ) as funnel,
    funnels.z,
    funnels.z_sampling_only,
    funnels.centre as funnel_centre,
    funnels.phi,
    funnels.tau,
    cast('experimental' as string) as label,
    files.file_name as source_file,
    everybody.source_member,
    everybody.source_rows
from everybody
left join {{ ref('specialty_funnels') }} as funnels
    on
        funnels.quarter = everybody.quarter
        and funnels.side = everybody.side
        and funnels.treatment_function = everybody.treatment_function
        and funnels.organisation_code = everybody.organisation_code
left join files on files.source_sha256 = everybody.source_sha256
