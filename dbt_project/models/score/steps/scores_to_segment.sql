-- Only scores that rest on what the framework's segments rest on: not those of a league without its release.
with scores as (
    select
        quarter,
        organisation_code,
        league,
        cast('overall' as varchar) as scope,
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
    leagues.framework,
    scores.organisation_code,
    scores.league,
    scores.scope,
    scores.score
from scores
inner join {{ ref('league_value_basis') }} as leagues
    on leagues.quarter = scores.quarter and leagues.league = scores.league
inner join {{ ref('frameworks') }} as frameworks
    on frameworks.framework = leagues.framework and frameworks.value_basis = leagues.value_basis
inner join {{ ref('organisations_covered') }} as covered
    on
        covered.quarter = scores.quarter
        and covered.organisation_code = scores.organisation_code
        and covered.scope = scores.scope
        and covered.covered
