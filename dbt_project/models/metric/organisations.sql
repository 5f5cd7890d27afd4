-- Trusts by the NHS Oversight Framework file of the quarter, else by the reference lists; every other provider and
-- commissioner by the file that names it. ICBs are the commissioners of the quarter's files that are in force by seed
-- `icbs`, whatever a file calls them, and others that are named so; without such a file those of etr and all others in
-- force then, as etr of before a merger names no new one. They are in our league, and once more in that of NHS England
-- where a release has them.
-- UNKNOWN can be both provider and commissioner: it is listed once.
with figures as (
    select distinct
        quarter,
        league,
        trust_code,
        trust_name,
        trust_subtype,
        published_region
    from {{ ref('nof_figures') }}
),

published as (
    select
        figures.quarter,
        figures.league,
        figures.trust_code,
        min(figures.trust_name) as trust_name,
        figures.trust_subtype,
        regions.region
    from figures
    left join {{ ref('regions') }} as regions on regions.published_name = lower(figures.published_region)
    group by
        figures.quarter,
        figures.league,
        figures.trust_code,
        {{ plain_name('figures.trust_name') }},
        figures.trust_subtype,
        regions.region
),

leagues_released as (
    select distinct
        quarter,
        league
    from published
),

named as (
    select
        files.quarter,
        files.side,
        coalesce(successions.successor_code, files.organisation_code) as organisation_code,
        min(case when successions.successor_code is null then files.organisation_name end) as organisation_name
    from {{ ref('organisations_in_files') }} as files
    left join {{ ref('successions') }} as successions
        on
            successions.quarter = files.quarter
            and successions.predecessor_code = files.organisation_code
            and files.side = 'provider'
    group by files.quarter, files.side, coalesce(successions.successor_code, files.organisation_code)
),

listed as (
    select
        reference.quarter,
        reference.trust_code,
        reference.trust_name,
        reference.league
    from {{ ref('reference_trusts') }} as reference
    inner join {{ ref('leagues_in_force') }} as in_force
        on in_force.quarter = reference.quarter and in_force.league = reference.league
    left join {{ ref('successions') }} as successions
        on successions.quarter = reference.quarter and successions.predecessor_code = reference.trust_code
    left join leagues_released
        on leagues_released.quarter = reference.quarter and leagues_released.league = reference.league
    where
        reference.is_open
        and leagues_released.league is null
        and successions.predecessor_code is null
),

providers as (
    select
        quarter,
        organisation_code
    from named
    where side = 'provider'
    union
    select
        quarter,
        trust_code as organisation_code
    from published
    where league <> 'icb_official'
    union
    select
        quarter,
        trust_code as organisation_code
    from listed
),

kinds as (
    select
        named.quarter,
        named.organisation_code,
        min(kinds.kind) as kind_by_name,
        case when max(icbs.icb_code) is not null then 'icb' else min(kinds.kind) end as kind
    from named
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = named.quarter
    left join {{ ref('commissioner_kinds') }} as kinds on upper(named.organisation_name) like kinds.name_pattern
    left join {{ ref('reference_icbs') }} as icbs
        on
            icbs.icb_code = named.organisation_code
            and icbs.opened_on <= quarters.period_end
            and coalesce(icbs.closed_on, quarters.period_end) >= quarters.period_end
    where named.side = 'commissioner' and (kinds.kind is not null or icbs.icb_code is not null)
    group by named.quarter, named.organisation_code
),

quarters_with_commissioners as (
    select distinct quarter
    from kinds
    where kind_by_name is not null
),

icbs_of_etr as (
    select
        quarters.quarter,
        quarters.period_end,
        reference.icb_code,
        icbs.opened_on,
        icbs.closed_on
    from {{ ref('reference_trusts') }} as reference
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = reference.quarter
    left join quarters_with_commissioners as known on known.quarter = quarters.quarter
    left join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = reference.icb_code
    where
        known.quarter is null
        and reference.icb_code is not null
        and reference.region is not null
        and reference.is_open
),

-- An etr that names no ICB of England, as that of the fictional publisher, is no ground to add those of England.
icbs_of_quarter as (
    select
        quarter,
        organisation_code as icb_code
    from kinds
    where kind = 'icb'
    union
    select
        quarter,
        icb_code
    from icbs_of_etr
    where coalesce(opened_on, period_end) <= period_end and coalesce(closed_on, period_end) >= period_end
    union
    select
        of_etr.quarter,
        icbs.icb_code
    from icbs_of_etr as of_etr
    inner join {{ ref('reference_icbs') }} as icbs
        on
            icbs.opened_on <= of_etr.period_end
            and coalesce(icbs.closed_on, of_etr.period_end) >= of_etr.period_end
    where of_etr.opened_on is not null
),

icb_regions as (
    select
        quarter,
        icb_code,
        min(region) as region
    from {{ ref('reference_trusts') }}
    where region is not null and close_date is null
    group by quarter, icb_code
),

commissioners as (
    select
        quarter,
        organisation_code
    from named
    where side = 'commissioner'
    union
    select
        quarter,
        icb_code as organisation_code
    from icbs_of_quarter
),

found as (
    select
        providers.quarter,
        providers.organisation_code,
        coalesce(published.trust_name, named.organisation_name, listed.trust_name, reference.trust_name) as name,
        cast(
            case
                when published.trust_code is not null or reference.region is not null then 'trust'
                else 'independent_or_other'
            end as string
        ) as organisation_type,
        coalesce(published.league, listed.league) as league,
        published.trust_subtype,
        coalesce(published.region, reference.region) as region,
        reference.icb_code,
        reference.icb_source,
        reference.trust_code is not null as known_to_ods
    from providers
    left join commissioners
        on
            commissioners.quarter = providers.quarter
            and commissioners.organisation_code = providers.organisation_code
    left join published
        on published.quarter = providers.quarter and published.trust_code = providers.organisation_code
    left join named
        on
            named.quarter = providers.quarter
            and named.organisation_code = providers.organisation_code
            and named.side = 'provider'
    left join listed
        on listed.quarter = providers.quarter and listed.trust_code = providers.organisation_code
    left join {{ ref('reference_trusts') }} as reference
        on reference.quarter = providers.quarter and reference.trust_code = providers.organisation_code
    where commissioners.organisation_code is null
    union all
    select
        commissioners.quarter,
        commissioners.organisation_code,
        coalesce(named.organisation_name, icbs.icb_name),
        case
            when icbs_of_quarter.icb_code is not null then 'icb'
            else coalesce(kinds.kind, 'other_commissioner')
        end,
        case when icbs_of_quarter.icb_code is not null then 'icb' end,
        null,
        coalesce(icbs.region, icb_regions.region),
        icbs_of_quarter.icb_code,
        null,
        coalesce(icb_regions.icb_code, icbs.icb_code) is not null
    from commissioners
    left join named
        on
            named.quarter = commissioners.quarter
            and named.organisation_code = commissioners.organisation_code
            and named.side = 'commissioner'
    left join kinds
        on kinds.quarter = commissioners.quarter and kinds.organisation_code = commissioners.organisation_code
    left join icbs_of_quarter
        on
            icbs_of_quarter.quarter = commissioners.quarter
            and icbs_of_quarter.icb_code = commissioners.organisation_code
    left join icb_regions
        on icb_regions.quarter = commissioners.quarter and icb_regions.icb_code = commissioners.organisation_code
    left join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = commissioners.organisation_code
    union all
    select
        published.quarter,
        published.trust_code,
        published.trust_name,
        'icb',
        published.league,
        published.trust_subtype,
        published.region,
        published.trust_code as icb_code,
        null,
        coalesce(icb_regions.icb_code, icbs.icb_code) is not null
    from published
    left join icb_regions
        on icb_regions.quarter = published.quarter and icb_regions.icb_code = published.trust_code
    left join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = published.trust_code
    where published.league = 'icb_official'
)

select
    quarter,
    organisation_code,
    coalesce({{ readable_name('name') }}, organisation_code) as organisation_name,
    organisation_type,
    league,
    trust_subtype,
    region,
    icb_code,
    icb_source,
    known_to_ods
from found
