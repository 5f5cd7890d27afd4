-- The trusts of etr as they were at the end of each quarter: later changes are undone. Care trusts are not in etr: seed
-- `trusts` has their region and ICB, and they are added where etr knows that ICB. The trust list adds what neither
-- knows.
with etr as (
    select
        today.quarter,
        today.trust_code,
        coalesce(earlier.trust_name, today.trust_name) as trust_name,
        coalesce(earlier.region, today.region) as region,
        coalesce(earlier.icb_code, today.icb_code) as icb_code,
        case
            when earlier.icb_code is not null then 'seed trust_changes'
            when today.icb_code is not null then 'etr'
        end as icb_source,
        today.open_date,
        today.close_date
    from {{ ref('etr_trusts') }} as today
    left join {{ ref('earlier_trusts') }} as earlier
        on earlier.quarter = today.quarter and earlier.trust_code = today.trust_code
),

icbs_of_etr as (
    select distinct
        quarter,
        icb_code
    from etr
),

not_in_etr as (
    select
        icbs_of_etr.quarter,
        trusts.trust_code,
        trusts.trust_name,
        trusts.region,
        trusts.icb_code,
        'seed trusts' as icb_source
    from {{ ref('trusts') }} as trusts
    inner join icbs_of_etr on icbs_of_etr.icb_code = trusts.icb_code
    left join etr on etr.quarter = icbs_of_etr.quarter and etr.trust_code = trusts.trust_code
    where etr.trust_code is null
),

listed as (
    select
        listed.*,
        case when listed.icb_code is not null then 'trust list, ICB matched by name' end as icb_source
    from {{ ref('listed_trusts') }} as listed
),

codes as (
    {% for relation in ['etr', 'not_in_etr', 'listed'] -%}
        select
            quarter,
            trust_code
        from {{ relation }}
        {{ 'union' if not loop.last }}
    {% endfor %}
)

select
    codes.quarter,
    codes.trust_code,
    coalesce(etr.trust_name, not_in_etr.trust_name, listed.trust_name) as trust_name,
    coalesce(etr.region, not_in_etr.region, listed.region) as region,
    coalesce(etr.icb_code, not_in_etr.icb_code, listed.icb_code) as icb_code,
    coalesce(etr.icb_source, not_in_etr.icb_source, listed.icb_source) as icb_source,
    leagues.league,
    coalesce(etr.close_date, trusts.closed_on) as close_date,
    coalesce(etr.open_date, quarters.period_end) <= quarters.period_end
    and coalesce(etr.close_date, trusts.closed_on, quarters.period_end) >= quarters.period_end as is_open
from codes
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = codes.quarter
left join etr on etr.quarter = codes.quarter and etr.trust_code = codes.trust_code
left join not_in_etr on not_in_etr.quarter = codes.quarter and not_in_etr.trust_code = codes.trust_code
left join listed on listed.quarter = codes.quarter and listed.trust_code = codes.trust_code
left join {{ ref('trusts') }} as trusts on trusts.trust_code = codes.trust_code
left join {{ ref('trust_leagues') }} as leagues
    on leagues.quarter = codes.quarter and leagues.trust_code = codes.trust_code
