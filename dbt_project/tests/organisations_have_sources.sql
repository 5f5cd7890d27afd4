{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisation_sources'}}}) }}
-- Whatever a league table says of an organisation, some row of some file says it. A trust that the list no longer names
-- has its league from seed trusts_not_listed; who has no name is called by its code.
with held as (
    {% for attribute in ['organisation_name', 'trust_subtype', 'league', 'region', 'icb_code'] -%}
        select
            quarter,
            organisation_code,
            organisation_type,
            '{{ attribute }}' as attribute,
            {{ attribute }} as value
        from {{ ref('organisations') }}
        where {{ attribute }} is not null
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select held.*
from held
left join {{ ref('organisation_sources') }} as sources
    on
        sources.quarter = held.quarter
        and sources.organisation_code = held.organisation_code
        and sources.attribute = held.attribute
        and sources.value = held.value
left join {{ ref('trusts_not_listed') }} as not_listed
    on not_listed.trust_code = held.organisation_code and held.attribute = 'league'
where
    sources.value is null
    and not_listed.trust_code is null
    and (held.attribute <> 'league' or held.organisation_type = 'trust')
    and (held.attribute <> 'organisation_name' or held.value <> held.organisation_code)
