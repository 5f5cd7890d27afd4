-- How much of a change of the four-hour share is the types of department and not what happens in them. Each is weighed
-- by the mean of both quarters, so that the two parts add up. A type that a quarter has not got only changes the mix.
-- Sums are of exact decimals, so that their order does not matter.
with typed as (
    select
        ae.quarter,
        ae.month,
        ae.organisation_code,
        files.file_name || ' ' || ae.source_row as source_row,
        {{ a_row_each({
            'type': [1, 2, 3],
            'attendances': [
                'ae.a_e_attendances_type_1 + ae.a_e_attendances_booked_appointments_type_1',
                'ae.a_e_attendances_type_2 + ae.a_e_attendances_booked_appointments_type_2',
                'ae.a_e_attendances_other_a_e_department + ae.a_e_attendances_booked_appointments_other_department',
            ],
            'over_4_hours': [
                'ae.attendances_over_4hrs_type_1 + ae.attendances_over_4hrs_booked_appointments_type_1',
                'ae.attendances_over_4hrs_type_2 + ae.attendances_over_4hrs_booked_appointments_type_2',
                'ae.attendances_over_4hrs_other_department + '
                'ae.attendances_over_4hrs_booked_appointments_other_department',
            ],
        }) }}
    from {{ ref('ae_attendances') }} as ae
    inner join {{ ref('months_available') }} as files
        on
            files.source_id = 'ae'
            and files.source_sha256 = ae.source_sha256
            and files.quarter = ae.quarter
            and files.month = ae.month
    where not ae.is_england
),

compared as (
    select
        quarters.quarter,
        quarters.previous_quarter,
        {{ a_row_each({
            'organisation_code': ["'England'", 'coalesce(successions.successor_code, typed.organisation_code)'],
        }) }},
        typed.type,
        typed.month,
        typed.source_row,
        typed.attendances,
        typed.attendances - typed.over_4_hours as within_4_hours,
        typed.quarter = quarters.quarter as is_later
    from {{ ref('quarters_in_scope') }} as quarters
    inner join typed on typed.quarter in (quarters.quarter, quarters.previous_quarter)
    left join {{ ref('successions') }} as successions
        on successions.quarter = quarters.quarter and successions.predecessor_code = typed.organisation_code
),

summed as (
    select
        quarter,
        previous_quarter,
        organisation_code,
        type,
        coalesce(sum(attendances) filter (where is_later), 0) as attendances,
        coalesce(sum(within_4_hours) filter (where is_later), 0) as within_4_hours,
        coalesce(sum(attendances) filter (where not is_later), 0) as previous_attendances,
        coalesce(sum(within_4_hours) filter (where not is_later), 0) as previous_within_4_hours,
        {{ joined('source_row', '; ', by='month, source_row') }} as source_rows
    from compared
    group by quarter, previous_quarter, organisation_code, type
    having count(distinct month) = 6
),

shares as (
    select
        *,
        {{ as_double('attendances') }} / nullif(sum(attendances) over of_all_types, 0) as part,
        {{ as_double('previous_attendances') }} / nullif(sum(previous_attendances) over of_all_types, 0)
            as previous_part,
        {{ as_double('within_4_hours') }} / nullif(attendances, 0) as share,
        {{ as_double('previous_within_4_hours') }} / nullif(previous_attendances, 0) as previous_share
    from summed
    window of_all_types as (partition by quarter, organisation_code)
)

select
    shares.quarter,
    cast(shares.previous_quarter as string) as previous_quarter,
    shares.organisation_code,
    case
        when shares.organisation_code = 'England' then 'England' else min(organisations.organisation_name)
    end as organisation_name,
    cast(sum(shares.previous_within_4_hours) as bigint) as previous_within_4_hours,
    cast(sum(shares.previous_attendances) as bigint) as previous_attendances,
    cast(sum(shares.within_4_hours) as bigint) as within_4_hours,
    cast(sum(shares.attendances) as bigint) as attendances,
    cast(
        100 * {{ as_double('sum(shares.within_4_hours)') }} / sum(shares.attendances)
        - 100 * {{ as_double('sum(shares.previous_within_4_hours)') }} / sum(shares.previous_attendances)
        as decimal(9, 3)
    ) as change,
    cast(
        100 * sum(cast(
            (coalesce(shares.share, shares.previous_share) - coalesce(shares.previous_share, shares.share))
            * (shares.part + shares.previous_part) / 2
            as decimal(18, 15)
        )) as decimal(9, 3)
    ) as change_by_rates,
    cast(
        100 * sum(cast(
            (shares.part - shares.previous_part)
            * (coalesce(shares.share, shares.previous_share) + coalesce(shares.previous_share, shares.share)) / 2
            as decimal(18, 15)
        )) as decimal(9, 3)
    ) as change_by_mix,
    cast('experimental' as string) as label,
    case when shares.organisation_code <> 'England' then min(shares.source_rows) end as source_rows
from shares
left join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = shares.quarter
        and organisations.organisation_code = shares.organisation_code
        and organisations.league is distinct from 'icb_official'
where shares.part is not null and shares.previous_part is not null
group by shares.quarter, shares.previous_quarter, shares.organisation_code
