{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'league_ranks'}}}) }}
-- Another way to a competition rank: one more than those of the league that are strictly better; who has a reason has
-- no rank.
select
    one.quarter,
    one.league,
    one.organisation_code,
    one.rank,
    1 + count(better.organisation_code) as rank_again
from {{ ref('league_ranks') }} as one
left join {{ ref('league_ranks') }} as better
    on
        better.quarter = one.quarter
        and better.league = one.league
        and better.not_ranked_reason is null
        and (
            better.segment < one.segment
            or (better.segment = one.segment and better.average_score < one.average_score)
        )
group by one.quarter, one.league, one.organisation_code, one.rank, one.not_ranked_reason
having one.rank is distinct from case when one.not_ranked_reason is null then 1 + count(better.organisation_code) end
