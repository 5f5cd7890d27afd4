{{ config(tags=['score_rank'], severity='warn', meta={'dagster': {'ref': {'name': 'league_coverage'}}}) }}
-- A league has more or fewer organisations than it is known to have: a merger, or a file cut short. Those that the
-- reference lists have open in it and it lacks are named, and those that it has and they do not.
with leagues as (
    select
        coverage.quarter,
        coverage.league,
        coverage.organisations,
        coverage.expected_organisations,
        quarters.period_end
    from {{ ref('league_coverage') }} as coverage
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = coverage.quarter
    where coverage.value_basis is not null and coverage.organisations <> coverage.expected_organisations
),

listed as (
    select
        leagues.quarter,
        leagues.league,
        trusts.trust_code as organisation_code,
        trusts.trust_name as organisation_name,
        'missing' as found
    from leagues
    inner join {{ ref('reference_trusts') }} as trusts
        on
            trusts.quarter = leagues.quarter
            and trusts.league = leagues.league
            and trusts.is_open
    left join {{ ref('successions') }} as successions
        on successions.quarter = leagues.quarter and successions.predecessor_code = trusts.trust_code
    where successions.predecessor_code is null
    union all
    select
        leagues.quarter,
        leagues.league,
        icbs.icb_code,
        icbs.icb_name,
        'missing'
    from leagues
    inner join {{ ref('reference_icbs') }} as icbs
        on
            leagues.league in ('icb', 'icb_official')
            and (icbs.opened_on is null or icbs.opened_on <= leagues.period_end)
            and (icbs.closed_on is null or icbs.closed_on >= leagues.period_end)
    union all
    select
        leagues.quarter,
        leagues.league,
        organisations.organisation_code,
        organisations.organisation_name,
        'not of it by the reference lists'
    from leagues
    inner join {{ ref('organisations') }} as organisations
        on organisations.quarter = leagues.quarter and organisations.league = leagues.league
),

in_one_of_both as (
    select
        quarter,
        league,
        organisation_code,
        min(organisation_name) as organisation_name,
        min(found) as found
    from listed
    group by quarter, league, organisation_code
    having count(*) = 1
)

select
    leagues.quarter,
    leagues.league,
    leagues.organisations,
    leagues.expected_organisations,
    named.organisation_code,
    named.organisation_name,
    coalesce(named.found, 'all those of the reference lists') as found
from leagues
left join in_one_of_both as named on named.quarter = leagues.quarter and named.league = leagues.league
