{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'rank_uncertainty'}}}) }}
-- No rank of the quarter asked for is published without how sure it is.
select
    league_ranks.quarter,
    league_ranks.league,
    league_ranks.organisation_code
from {{ ref('league_ranks') }} as league_ranks
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = league_ranks.quarter and quarters.role = 'asked for'
left join {{ ref('rank_uncertainty') }} as ranges
    on
        ranges.quarter = league_ranks.quarter
        and ranges.league = league_ranks.league
        and ranges.organisation_code = league_ranks.organisation_code
where
    league_ranks.rank is not null
    and (
        ranges.likely_rank_low + ranges.likely_rank_high is null
        or ranges.likely_average_score_low + ranges.likely_average_score_high is null
    )
