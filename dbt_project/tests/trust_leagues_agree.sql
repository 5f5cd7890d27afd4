{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'trust_leagues'}}}) }}
-- Seed `trusts`, ORG_TYPE and the trust list, where they are at hand, say of a trust what its release says.
with stated as (
    select
        leagues.quarter,
        leagues.trust_code,
        leagues.league,
        leagues.league_source,
        trusts.league as league_by_seed,
        leagues.league_by_type,
        listed.league as league_by_list,
        case when listed.league <> leagues.league then listed.source_sha256 end as source_sha256,
        case when listed.league <> leagues.league then listed.source_member end as source_member,
        case when listed.league <> leagues.league then listed.source_row end as source_row
    from {{ ref('trust_leagues') }} as leagues
    left join {{ ref('trusts') }} as trusts on trusts.trust_code = leagues.trust_code
    left join {{ ref('listed_trusts') }} as listed
        on listed.quarter = leagues.quarter and listed.trust_code = leagues.trust_code
)

select *
from stated
where league_by_seed <> league or league_by_type <> league or league_by_list <> league
