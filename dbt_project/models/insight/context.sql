-- A mean over areas, weighted by the patients who come from each: districts of a catchment, sub-ICB locations that
-- started a pathway or refer to talking therapies, deciles of referrals, or the one ICB. Bases differ in level, so each
-- has England beside it.
{%- set measures = ['imd', 'share_65_plus', 'rural_share'] %}
with members as (
    select
        organisations.quarter,
        organisations.league,
        organisations.organisation_code,
        organisations.organisation_name,
        organisations.icb_code,
        coalesce(
            trusts.specialist_in is not null
            or organisations.trust_subtype ilike '%specialist%'
            or listed.benchmark_group ilike '%specialist%',
            false
        ) as specialist,
        coalesce(trusts.specialist_in = 'children', false) as is_for_children,
        bases.basis,
        bases.area_kind,
        bases.preference
    from {{ ref('organisations') }} as organisations
    inner join {{ ref('context_bases') }} as bases on bases.league = organisations.league
    left join {{ ref('listed_trusts') }} as listed
        on listed.quarter = organisations.quarter and listed.trust_code = organisations.organisation_code
    left join {{ ref('trusts') }} as trusts on trusts.trust_code = organisations.organisation_code
),

member_codes as (
    select distinct
        quarter,
        organisation_code
    from members
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
        cast(referrals.imd_decile as string) as area_code,
        cast(referrals.referrals as decimal(20, 9)) as weight,
        referrals.source_file,
        referrals.source_row
    from {{ ref('talking_therapies_referrals') }} as referrals
    cross join {{ ref('quarters_in_scope') }} as quarters
    left join member_codes as whole
        on whole.quarter = quarters.quarter and whole.organisation_code = referrals.organisation_code
    left join {{ ref('successions') }} as successions
        on
            successions.quarter = quarters.quarter
            and successions.predecessor_code = left(referrals.organisation_code, 3)
    left join member_codes as parts
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
        members.icb_code as area_code,
        cast(1 as decimal(20, 9)) as weight,
        areas.source_file,
        cast(null as integer) as source_row
    from members
    inner join {{ ref('area_context') }} as areas
        on
            areas.quarter = members.quarter
            and areas.area_kind = members.area_kind
            and areas.area_code = members.icb_code
    where members.area_kind = 'icb'
),

by_area as (
    select
        quarter,
        basis,
        organisation_code,
        area_code,
        cast(sum(weight) as decimal(20, 9)) as weight
    from weights
    group by quarter, basis, organisation_code, area_code
),

kinds as (
    select distinct
        basis,
        area_kind
    from {{ ref('context_bases') }}
),

valued as (
    select
        by_area.*,
        areas.area_code is not null as is_attributed,
        areas.residents,
        areas.imd,
        case when kinds.area_kind <> 'decile' then areas.share_65_plus end as share_65_plus,
        case when kinds.area_kind <> 'decile' then areas.rural_share end as rural_share
    from by_area
    inner join kinds on kinds.basis = by_area.basis
    left join {{ ref('area_context') }} as areas
        on
            areas.quarter = by_area.quarter
            and areas.area_kind = kinds.area_kind
            and areas.area_code = by_area.area_code
),

means as (
    select
        quarter,
        basis,
        organisation_code,
        sum(weight) as weight,
        sum(weight) filter (where is_attributed) as weight_attributed,
        max_by(area_code, (weight, area_code)) filter (where is_attributed and weight is not null) as largest_area,
        max_by(residents, (weight, area_code)) filter (where is_attributed and weight is not null)
            as largest_area_residents,
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
        {{ joined('cast(source_row as string)', ',', by='source_row') }} as source_rows
    from weights
    group by quarter, basis, organisation_code
),

found as (
    select
        members.*,
        {{ a_row_each({
            'measure': ["'imd'", "'share_65_plus'", "'rural_share'"],
            'value': ['means.imd', 'means.share_65_plus', 'means.rural_share'],
            'england_value': [
                'coalesce(users.imd, england.imd)',
                'coalesce(users.share_65_plus, england.share_65_plus)',
                'coalesce(users.rural_share, england.rural_share)',
            ],
        }) }},
        means.weight,
        means.weight_attributed,
        means.largest_area,
        means.largest_area_residents,
        means.largest_weight
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
    where
        means.weight_attributed >= {{ level('context_least_attributed') }} * means.weight
        and (members.area_kind <> 'sub_icb' or means.weight_attributed >= {{ level('context_least_pathways') }})
),

placed as (
    select
        *,
        row_number() over (
            partition by quarter, league, organisation_code, measure order by preference
        ) as place
    from found
    where value is not null and not (is_for_children and measure = 'share_65_plus')
),

flags as (
    select
        placed.quarter,
        placed.league,
        placed.organisation_code,
        coalesce(
            abs(
                max(case when placed.measure = 'imd' and placed.area_kind = 'district' then placed.value end)
                - max(case when placed.measure = 'imd' and placed.area_kind = 'sub_icb' then placed.value end)
            ) > {{ level('context_bases_differ') }},
            false
        ) as bases_differ
    from placed
    group by placed.quarter, placed.league, placed.organisation_code
)

select
    placed.quarter,
    placed.league,
    placed.organisation_code,
    placed.organisation_name,
    placed.specialist,
    placed.measure,
    placed.basis,
    cast(placed.place = 1 as boolean) as preferred,
    cast(placed.value as decimal(9, 6)) as value,
    cast(placed.england_value as decimal(9, 6)) as england_value,
    cast(
        cast(placed.value as decimal(9, 6)) - cast(placed.england_value as decimal(9, 6)) as decimal(9, 6)
    ) as difference_from_england,
    cast({{ as_double('placed.weight_attributed') }} / {{ as_double('placed.weight') }} as decimal(7, 6))
        as share_attributed,
    cast(placed.weight as decimal(12, 3)) as patients,
    placed.largest_area,
    cast({{ as_double('placed.largest_weight') }} / {{ as_double('placed.weight') }} as decimal(7, 6))
        as largest_area_share,
    other.basis as cross_check_basis,
    cast(other.value as decimal(9, 6)) as cross_check_value,
    cast(other.value - other.england_value - (placed.value - placed.england_value) as decimal(9, 6))
        as cross_check_difference,
    flags.bases_differ
    or (
        placed.area_kind <> 'decile'
        and placed.largest_area <> placed.organisation_code  -- an ICB is that area
        and placed.largest_area_residents > {{ level('context_large_area') }}
        and placed.largest_weight >= {{ level('context_large_share') }} * placed.weight
    ) as diluted,
    rows_of.source_file,
    rows_of.source_rows
from placed
inner join flags
    on
        flags.quarter = placed.quarter
        and flags.league = placed.league
        and flags.organisation_code = placed.organisation_code
inner join rows_of
    on
        rows_of.quarter = placed.quarter
        and rows_of.basis = placed.basis
        and rows_of.organisation_code = placed.organisation_code
left join placed as other
    on
        other.quarter = placed.quarter
        and other.league = placed.league
        and other.organisation_code = placed.organisation_code
        and other.measure = placed.measure
        and other.place = case when placed.place = 1 then 2 else 1 end
