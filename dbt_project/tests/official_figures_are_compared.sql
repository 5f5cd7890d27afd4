{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'reconciliation'}}}) }}
-- A league with its release is compared with it, in a hundred figures at least (the smallest has several hundred).
select
    leagues.quarter,
    leagues.league,
    count(reconciliation.measure) as figures
from {{ ref('league_value_basis') }} as leagues
inner join {{ ref('leagues_in_force') }} as in_force
    on in_force.quarter = leagues.quarter and in_force.league = leagues.league and not in_force.is_foreign
left join {{ ref('organisations') }} as organisations
    on organisations.quarter = leagues.quarter and organisations.league = leagues.league
left join {{ ref('reconciliation') }} as reconciliation
    on
        reconciliation.quarter = organisations.quarter
        and reconciliation.organisation_code = organisations.organisation_code
where leagues.value_basis = 'published'
group by leagues.quarter, leagues.league
having count(reconciliation.measure) < 100
