-- A mean over areas, weighted by the patients who come from each: districts of a catchment, sub-ICB locations that
-- started a pathway or refer to talking therapies, deciles of referrals, or the one ICB. Bases differ in level, so each
-- has England beside it.
{%- set measures = ['imd', 'share_65_plus', 'rural_share'] %}
with levels as (
    select
        max(case when decision = 'context_least_pathways' then value end) as new_periods_needed,
        max(case when decision = 'context_least_attributed' then value end) as share_attributed_needed,
        max(case when decision = 'context_bases_differ' then value end) as diluted_difference,
        max(case when decision = 'context_large_area' then value end) as diluted_area_residents,
        max(case when decision = 'context_large_share' then value end) as diluted_area_share
    from {{ ref('decision_levels') }}
),

members as (
    select
        organisations.quarter,
        organisations.league,
        organisations.organisation_code,
        organisations.organisation_name,
        organisations.icb_code,
        coalesce(
            organisations.trust_subtype ilike '%specialist%' or listed.benchmark_group ilike '%specialist%', false
        ) as specialist,
        bases.basis,
        bases.preference
    from {{ ref('organisations') }} as organisations
    inner join {{ ref('context_bases') }} as bases on bases.league = organisations.league
    left join {{ ref('listed_trusts') }} as listed
        on listed.quarter = organisations.quarter and listed.trust_code = organisations.organisation_code
),

trusts as (
    select distinct
        quarter,
        organisation_code
    from members
    where basis <> 'residents'
),

latest as (
    select
        source_id,
        quarter,
        max(month) as month
    from {{ ref('months_available') }}
    where source_id in ('rtt', 'talking_therapies_monthly')
    group by source_id, quarter
),

weights as (
    select
        quarters.quarter,
        catchments.basis,
        catchments.trust_code as organisation_code,
        'district' as area_kind,
        catchments.district_code as area_code,
        cast(catchments.share as decimal(20, 9)) as weight,
        catchments.source_file,
        catchments.source_row
    from {{ ref('catchments') }} as catchments
    cross join {{ ref('quarters_in_scope') }} as quarters
    union all
    select
        latest.quarter,
        'rtt_new_periods' as basis,
        coalesce(successions.successor_code, pathways.provider_code) as organisation_code,
        'sub_icb' as area_kind,
        pathways.commissioner_code as area_code,
        cast(pathways.total_all as decimal(20, 9)) as weight,
        months.file_name as source_file,
        pathways.source_row
    from {{ ref('rtt_pathways') }} as pathways
    inner join latest
        on latest.source_id = 'rtt' and latest.quarter = pathways.quarter and latest.month = pathways.month
    inner join {{ ref('months_available') }} as months
        on
            months.source_id = 'rtt'
            and months.quarter = pathways.quarter
            and months.month = pathways.month
            and months.source_sha256 = pathways.source_sha256
    left join {{ ref('successions') }} as successions
        on successions.quarter = pathways.quarter and successions.predecessor_code = pathways.provider_code
    where pathways.part = 'Part_3' and pathways.treatment_function = 'C_999' and pathways.total_all > 0
    union all
    select
        therapies.quarter,
        'sub_icb_referrals_not_seen' as basis,
        coalesce(successions.successor_code, therapies.organisation_code) as organisation_code,
        'sub_icb' as area_kind,
        therapies.sub_icb_code as area_code,
        cast(therapies.referrals as decimal(20, 9)) as weight,
        months.file_name as source_file,
        therapies.source_row
    from {{ ref('talking_therapies_months') }} as therapies
    inner join latest
        on
            latest.source_id = 'talking_therapies_monthly'
            and latest.quarter = therapies.quarter
            and latest.month = therapies.month
    inner join {{ ref('months_available') }} as months
        on
            months.source_id = latest.source_id
            and months.quarter = therapies.quarter
            and months.month = therapies.month
            and months.source_sha256 = therapies.source_sha256
    left join {{ ref('successions') }} as successions
        on successions.quarter = therapies.quarter and successions.predecessor_code = therapies.organisation_code
    where therapies.referrals > 0
    union all
    select
        quarters.quarter,
        'talking_therapies' as basis,
        coalesce(whole.organisation_code, parts.organisation_code, 'ENG') as organisation_code,
        'decile' as area_kind,
        cast(referrals.imd_decile as varchar) as area_code,
        cast(referrals.referrals as decimal(20, 9)) as weight,
        referrals.source_file,
        referrals.source_row
    from {{ ref('talking_therapies_referrals') }} as referrals
    cross join {{ ref('quarters_in_scope') }} as quarters
    left join trusts as whole
        on whole.quarter = quarters.quarter and whole.organisation_code = referrals.organisation_code
    left join {{ ref('successions') }} as successions
        on
            successions.quarter = quarters.quarter
            and successions.predecessor_code = left(referrals.organisation_code, 3)
    left join trusts as parts
        on
            parts.quarter = quarters.quarter
            and parts.organisation_code
            = coalesce(successions.successor_code, left(referrals.organisation_code, 3))
            and whole.organisation_code is null
    where
        not referrals.is_total
        and (
            referrals.organisation_type = 'England'
            or (
                referrals.organisation_type = 'Provider'
                and coalesce(whole.organisation_code, parts.organisation_code) is not null
            )
        )
    union all
    select
        members.quarter,
        members.basis,
        members.organisation_code,
        'icb' as area_kind,
        case when members.basis = 'residents' then members.organisation_code else members.icb_code end as area_code,
        cast(1 as decimal(20, 9)) as weight,
        areas.source_file,
        cast(null as integer) as source_row
    from members
    inner join {{ ref('area_context') }} as areas
        on
            areas.quarter = members.quarter
            and areas.area_kind = 'icb'
            and areas.area_code
            = case when members.basis = 'residents' then members.organisation_code else members.icb_code end
    where members.basis in ('host_icb', 'residents')
),

by_area as (
    select
        quarter,
        basis,
        organisation_code,
        area_kind,
        area_code,
        sum(weight) as weight
    from weights
    group by quarter, basis, organisation_code, area_kind, area_code
),

valued as (
    select
        by_area.*,
        areas.area_code is not null as is_attributed,
        areas.residents,
        areas.imd,
        case when by_area.basis <> 'talking_therapies' then areas.share_65_plus end as share_65_plus,
        case when by_area.basis <> 'talking_therapies' then areas.rural_share end as rural_share
    from by_area
    left join {{ ref('area_context') }} as areas
        on
            areas.quarter = by_area.quarter
            and areas.area_kind = by_area.area_kind
            and areas.area_code = by_area.area_code
),

means as (
    select
        quarter,
        basis,
        organisation_code,
        sum(weight) as weight,
        sum(weight) filter (where is_attributed) as weight_attributed,
        arg_max(area_code, (weight, area_code)) filter (where is_attributed) as largest_area,
        arg_max(residents, (weight, area_code)) filter (where is_attributed) as largest_area_residents,
        {% for measure in measures %}
            {{ as_double('sum(weight * ' ~ measure ~ ')') }}
            / nullif({{ as_double('sum(weight) filter (where ' ~ measure ~ ' is not null)') }}, 0) as {{ measure }},
        {% endfor %}
        max(weight) filter (where is_attributed) as largest_weight
    from valued
    group by quarter, basis, organisation_code
),

rows_of as (
    select
        quarter,
        basis,
        organisation_code,
        min(source_file) as source_file,
        string_agg(cast(source_row as varchar), ',' order by source_row) as source_rows
    from weights
    group by quarter, basis, organisation_code
),

found as (
    {% for measure in measures -%}
        select
            members.*,
            '{{ measure }}' as measure,
            means.{{ measure }} as value,
            coalesce(users.{{ measure }}, england.{{ measure }}) as england_value,
            means.weight,
            means.weight_attributed,
            means.largest_area,
            means.largest_area_residents,
            means.largest_weight,
            row_number() over (
                partition by members.quarter, members.league, members.organisation_code order by members.preference
            ) as place
        from members
        inner join means
            on
                means.quarter = members.quarter
                and means.basis = members.basis
                and means.organisation_code = members.organisation_code
        inner join {{ ref('area_context') }} as england
            on england.quarter = members.quarter and england.area_kind = 'england'
        left join means as users
            on
                users.quarter = members.quarter
                and users.basis = members.basis
                and users.organisation_code = 'ENG'
        cross join levels
        where
            means.{{ measure }} is not null
            and means.weight_attributed >= levels.share_attributed_needed * means.weight
            and (
                members.basis not in ('rtt_new_periods', 'sub_icb_referrals_not_seen')
                or means.weight_attributed >= levels.new_periods_needed
            )
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

flags as (
    select
        found.quarter,
        found.league,
        found.organisation_code,
        coalesce(
            abs(
                max(case when found.measure = 'imd' and found.basis like 'ohid%' then found.value end)
                - max(case when found.measure = 'imd' and found.basis = 'rtt_new_periods' then found.value end)
            ) > max(levels.diluted_difference),
            false
        ) as bases_differ
    from found
    cross join levels
    group by found.quarter, found.league, found.organisation_code
)

select
    found.quarter,
    found.league,
    found.organisation_code,
    found.organisation_name,
    found.specialist,
    found.measure,
    found.basis,
    cast(found.place = 1 as boolean) as preferred,
    cast(found.value as decimal(9, 6)) as value,
    cast(found.england_value as decimal(9, 6)) as england_value,
    cast(
        cast(found.value as decimal(9, 6)) - cast(found.england_value as decimal(9, 6)) as decimal(9, 6)
    ) as difference_from_england,
    cast({{ as_double('found.weight_attributed') }} / {{ as_double('found.weight') }} as decimal(7, 6))
        as share_attributed,
    cast(found.weight as decimal(12, 3)) as patients,
    found.largest_area,
    cast({{ as_double('found.largest_weight') }} / {{ as_double('found.weight') }} as decimal(7, 6))
        as largest_area_share,
    other.basis as cross_check_basis,
    cast(other.value as decimal(9, 6)) as cross_check_value,
    cast(other.value - other.england_value - (found.value - found.england_value) as decimal(9, 6))
        as cross_check_difference,
    flags.bases_differ
    or (
        found.basis not in ('residents', 'talking_therapies')
        and found.largest_area_residents > levels.diluted_area_residents
        and found.largest_weight >= levels.diluted_area_share * found.weight
    ) as diluted,
    rows_of.source_file,
    rows_of.source_rows
from found
cross join levels
inner join flags
    on
        flags.quarter = found.quarter
        and flags.league = found.league
        and flags.organisation_code = found.organisation_code
inner join rows_of
    on
        rows_of.quarter = found.quarter
        and rows_of.basis = found.basis
        and rows_of.organisation_code = found.organisation_code
left join found as other
    on
        other.quarter = found.quarter
        and other.league = found.league
        and other.organisation_code = found.organisation_code
        and other.measure = found.measure
        and other.place = case when found.place = 1 then 2 else 1 end
