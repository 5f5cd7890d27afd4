select
    adjusted.quarter,
    adjusted.league,
    adjusted.outcome,
    adjusted.organisation_code,
    organisations.organisation_name,
    adjusted.score,
    adjusted.expected_score,
    adjusted.difference,
    adjusted.adjusted_score,
    adjusted.adjusted_score_low,
    adjusted.adjusted_score_high,
    adjusted.rank,
    adjusted.adjusted_rank,
    adjusted.adjusted_rank_low,
    adjusted.adjusted_rank_high
from {{ ref('context_adjusted') }} as adjusted
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = adjusted.quarter
        and organisations.league = adjusted.league
        and organisations.organisation_code = adjusted.organisation_code
