{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'rank_robustness'}}}) }}
-- What a rank hides is told of everybody ranked in the quarter asked for, and of nobody else.
with listed as (
    select
        placings.quarter,
        placings.league,
        placings.organisation_code,
        'placings' as model
    from {{ ref('placings') }} as placings
    inner join {{ ref('quarters_in_scope') }} as quarters
        on quarters.quarter = placings.quarter and quarters.role = 'asked for'
    where placings.rank is not null
    {% for model in ['rank_robustness', 'rank_bands', 'improvement'] %}
        union all
        select quarter, league, organisation_code, '{{ model }}' from {{ ref(model) }}
    {% endfor %}
)

select
    quarter,
    league,
    organisation_code,
    string_agg(model, ' ' order by model) as listed_in
from listed
group by quarter, league, organisation_code
having string_agg(model, ' ' order by model) <> 'improvement placings rank_bands rank_robustness'
