{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'likely_ranges'}}}) }}
-- No rank of the quarter asked for is published without how sure it is.
select
    placings.quarter,
    placings.league,
    placings.organisation_code
from {{ ref('placings') }} as placings
inner join {{ ref('quarters_in_scope') }} as quarters
    on quarters.quarter = placings.quarter and quarters.role = 'asked for'
left join {{ ref('likely_ranges') }} as ranges
    on
        ranges.quarter = placings.quarter
        and ranges.league = placings.league
        and ranges.organisation_code = placings.organisation_code
where
    placings.rank is not null
    and ranges.rank_low + ranges.rank_high + ranges.average_score_low + ranges.average_score_high is null
