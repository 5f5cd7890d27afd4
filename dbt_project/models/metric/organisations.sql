with published as (
    select distinct
        quarter,
        league,
        trust_code,
        trust_name,
        trust_subtype,
        published_region
    from {{ ref('nof_figures') }}
)

select
    published.quarter,
    published.trust_code as organisation_code,
    published.trust_name as organisation_name,
    cast('trust' as varchar) as organisation_type,
    published.league,
    published.trust_subtype,
    regions.region,
    reference.icb_code,
    reference.icb_source,
    reference.trust_code is not null as known_to_ods
from published
left join {{ ref('regions') }} as regions on regions.published_name = lower(published.published_region)
left join {{ ref('reference_trusts') }} as reference on reference.trust_code = published.trust_code
