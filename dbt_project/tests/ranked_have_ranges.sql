{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'likely_ranges'}}}) }}
-- No rank of the quarter asked for is published without how sure it is.
select
    league_ranks.quarter,
    league_ranks.league,
    league_ranks.organisation_code
from {{ ref('league_ranks') }} as league_ranks
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = league_ranks.quarter and quarters.role = 'asked for'
left join {{ ref('likely_ranges') }} as ranges
    on
        ranges.quarter = league_ranks.quarter
        and ranges.league = league_ranks.league
        and ranges.organisation_code = league_ranks.organisation_code
where
    league_ranks.rank is not null
    and ranges.rank_low + ranges.rank_high + ranges.average_score_low + ranges.average_score_high is null
