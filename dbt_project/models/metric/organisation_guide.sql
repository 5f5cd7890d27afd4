-- An ICB is one organisation though it may be in two leagues.
select
    organisations.quarter,
    organisations.organisation_code,
    min(organisations.organisation_name) as organisation_name,
    min(
        regexp_replace(
            regexp_replace(
                organisations.organisation_name, ',? NHS (Foundation )?Trust$|,? (Integrated Care Board|ICB)$', '', 'i'
            ),
            '^NHS ', ''
        )
    ) as short_name,
    min(organisations.organisation_type) as organisation_type,
    cast(string_agg(distinct organisations.league, ' ' order by organisations.league) as varchar) as leagues,
    min(organisations.trust_subtype) as trust_subtype,
    min(organisations.region) as region,
    min(organisations.icb_code) as icb_code,
    min(boards.organisation_name) as icb_name,
    min(organisations.icb_source) as icb_source,
    cast(min(etr.town) as varchar) as town,
    cast(min(etr.postcode) as varchar) as postcode
from {{ ref('organisations') }} as organisations
left join {{ ref('organisations') }} as boards
    on
        boards.quarter = organisations.quarter
        and boards.organisation_code = organisations.icb_code
        and boards.organisation_type = 'icb'
left join {{ ref('etr_trusts') }} as etr
    on etr.quarter = organisations.quarter and etr.trust_code = organisations.organisation_code
group by organisations.quarter, organisations.organisation_code
