{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisation_sources'}}}) }}
-- Whatever a league table says of an organisation, some row of some file or of a seed says it. Who has no name is
-- called by its code.
with seeds as (
    {% for relation, code, attributes in [
        (ref('trusts'), 'trust_code', {
            'organisation_name': 'trust_name', 'league': 'league', 'region': 'region', 'icb_code': 'icb_code'
        }),
        (ref('trust_changes'), 'trust_code', {
            'organisation_name': 'trust_name', 'region': 'region', 'icb_code': 'icb_code'
        }),
        (ref('icbs'), 'icb_code', {'organisation_name': 'icb_name', 'region': 'region', 'icb_code': 'icb_code'})
    ] -%}
        {% set several = not loop.last -%}
        {% for attribute, value in attributes.items() -%}
            select
                {{ code }} as organisation_code,
                '{{ attribute }}' as attribute,
                {{ readable_name(value) if attribute == 'organisation_name' else value }} as value
            from {{ relation }}
            {{ 'union' if several or not loop.last }}
        {% endfor -%}
    {% endfor %}
),

held as (
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
left join seeds
    on
        seeds.organisation_code = held.organisation_code
        and seeds.attribute = held.attribute
        and seeds.value = held.value
where
    sources.value is null
    and seeds.value is null
    and (held.attribute <> 'league' or held.value <> 'icb')
    and (held.attribute <> 'organisation_name' or held.value <> held.organisation_code)
