{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'rank_robustness'}}}) }}
-- What a rank hides is told of everybody ranked in the quarter asked for, and of nobody else.
with listed as (
    select
        league_ranks.quarter,
        league_ranks.league,
        league_ranks.organisation_code,
        'league_ranks' as model
    from {{ ref('league_ranks') }} as league_ranks
    inner join {{ ref('quarters_in_scope') }} as quarters
        on quarters.quarter = league_ranks.quarter and quarters.role = 'asked for'
    where league_ranks.rank is not null
    {% for model in ['rank_robustness', 'rank_bands', 'improvement'] %}
        union all
        select quarter, league, organisation_code, '{{ model }}' from {{ ref(model) }}
    {% endfor %}
)

select
    quarter,
    league,
    organisation_code,
    {{ joined('model', ' ') }} as listed_in
from listed
group by quarter, league, organisation_code
having {{ joined('model', ' ') }} <> 'improvement league_ranks rank_bands rank_robustness'
