{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'trust_league_table'}}}) }}
-- Another way to a competition rank: one more than the trusts of the league that are strictly better.
select
    trust.quarter,
    trust.trust_code,
    trust.rank,
    1 + count(better.trust_code) as rank_again
from {{ ref('trust_league_table') }} as trust
left join {{ ref('trust_league_table') }} as better
    on
        better.quarter = trust.quarter
        and better.league = trust.league
        and better.ranked
        and (
            better.segment < trust.segment
            or (better.segment = trust.segment and better.average_score < trust.average_score)
        )
where trust.ranked
group by trust.quarter, trust.trust_code, trust.rank
having trust.rank is distinct from 1 + count(better.trust_code)
