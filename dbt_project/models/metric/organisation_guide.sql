-- An ICB is one organisation though it may be in two leagues. NHS England is not called as the country is.
select
    organisations.quarter,
    organisations.organisation_code,
    min(organisations.organisation_name) as organisation_name,
    min(
        coalesce(
            nullif(nullif(trim({{ replaced(
                replaced(
                    'organisations.organisation_name',
                    '(?i),? NHS (Foundation )?Trust$|,? (Integrated Care Board|ICB)$', ''
                ),
                '^NHS ', ''
            ) }}), ''), 'England'),
            organisations.organisation_name
        )
    ) as short_name,
    min(organisations.organisation_type) as organisation_type,
    cast({{ joined('organisations.league', ' ', distinct=true) }} as string) as leagues,
    min(organisations.trust_subtype) as trust_subtype,
    min(organisations.region) as region,
    min(organisations.icb_code) as icb_code,
    min(boards.organisation_name) as icb_name,
    min(organisations.icb_source) as icb_source,
    cast(min(etr.town) as string) as town,
    cast(min(etr.postcode) as string) as postcode
from {{ ref('organisations') }} as organisations
left join {{ ref('organisations') }} as boards
    on
        boards.quarter = organisations.quarter
        and boards.organisation_code = organisations.icb_code
        and boards.organisation_type = 'icb'
left join {{ ref('etr_trusts') }} as etr
    on etr.quarter = organisations.quarter and etr.trust_code = organisations.organisation_code
group by organisations.quarter, organisations.organisation_code
