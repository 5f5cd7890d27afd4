-- Only scores that rest on what the framework's segments rest on: not those of a league without its release.
with scores as (
    select
        quarter,
        organisation_code,
        league,
        cast('overall' as string) as scope,
        average_score as score
    from {{ ref('average_scores') }}
    union all
    select
        quarter,
        organisation_code,
        league,
        domain as scope,
        domain_score as score
    from {{ ref('domain_scores') }}
)

select
    scores.quarter,
    in_force.framework,
    scores.organisation_code,
    scores.league,
    scores.scope,
    scores.score
from scores
inner join {{ ref('leagues_in_force') }} as in_force
    on in_force.quarter = scores.quarter and in_force.league = scores.league
inner join {{ ref('league_value_basis') }} as leagues
    on
        leagues.quarter = scores.quarter
        and leagues.league = scores.league
        and leagues.value_basis = in_force.value_basis
inner join {{ ref('organisations_covered') }} as covered
    on
        covered.quarter = scores.quarter
        and covered.league = scores.league
        and covered.organisation_code = scores.organisation_code
        and covered.scope = scores.scope
        and covered.covered
