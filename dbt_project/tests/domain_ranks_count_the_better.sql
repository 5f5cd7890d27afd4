{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'domain_league_table'}}}) }}
-- Another way to a competition rank: one more than those of the league that are strictly better in the domain; who has
-- no rank has a reason.
select
    one.quarter,
    one.league,
    one.domain,
    one.organisation_code,
    one.rank,
    1 + count(better.organisation_code) as rank_again
from {{ ref('domain_league_table') }} as one
left join {{ ref('domain_league_table') }} as better
    on
        better.quarter = one.quarter
        and better.league = one.league
        and better.domain = one.domain
        and better.ranked
        and better.domain_score < one.domain_score
group by one.quarter, one.league, one.domain, one.organisation_code, one.rank, one.ranked, one.not_ranked_reason
having
    (one.ranked and one.rank is distinct from 1 + count(better.organisation_code))
    or (not one.ranked and (one.rank is not null or one.not_ranked_reason is null))
