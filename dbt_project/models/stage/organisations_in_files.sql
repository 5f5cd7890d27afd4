-- Names differ between publications and months: that of the referral-to-treatment file, then of the latest month.
with named as (
    select distinct
        quarter,
        month,
        1 as preference,
        'provider' as side,
        provider_code as organisation_code,
        provider_name as organisation_name
    from {{ ref('rtt_pathways') }}
    union all
    select distinct
        quarter,
        month,
        1,
        'commissioner',
        coalesce(icb_code, commissioner_code),
        coalesce(icb_name, commissioner_name)
    from {{ ref('rtt_pathways') }}
    union all
    select distinct quarter, month, 2, 'provider', provider_code, provider_name
    from {{ ref('dm01_waits') }}
    union all
    select distinct
        quarter,
        month,
        2,
        'commissioner',
        coalesce(icb_code, commissioner_code),
        coalesce(icb_name, commissioner_name)
    from {{ ref('dm01_waits') }}
    union all
    select distinct quarter, month, 3, basis, organisation_code, organisation_name
    from {{ ref('cancer_waits') }}
    where not is_england
    union all
    select distinct quarter, month, 4, 'provider', organisation_code, organisation_name
    from {{ ref('ae_attendances') }}
    where not is_england
    union all
    select distinct quarter, month, 5, 'provider', organisation_code, organisation_name
    from {{ ref('ambulance_responses') }}
    where level = 'trust'
),

preferred as (
    select
        quarter,
        side,
        organisation_code,
        nullif(nullif(organisation_name, '#N/A'), '') as organisation_name,
        row_number() over (
            partition by quarter, side, organisation_code
            order by
                coalesce(organisation_name, '') in ('', '#N/A') asc,
                preference asc,
                month desc,
                organisation_name asc
        ) as choice
    from named
)

select
    quarter,
    side,
    organisation_code,
    organisation_name
from preferred
where choice = 1
