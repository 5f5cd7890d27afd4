select
    sets.quarter,
    sets.league,
    sets.set_band as band,
    sets.organisation_code,
    organisations.organisation_name,
    league_ranks.average_score,
    sets.set_standard_error as standard_error,
    without.rank as rank_without_override,
    sets.set_best_rank as best_rank,
    sets.set_worst_rank as worst_rank,
    sets.set_told_apart_from as told_apart_from,
    sets.set_may_be_in_top_quarter as may_be_in_top_quarter,
    sets.set_may_be_in_bottom_quarter as may_be_in_bottom_quarter
from {{ ref('rank_uncertainty') }} as sets
inner join {{ ref('league_ranks') }} as league_ranks
    on
        league_ranks.quarter = sets.quarter
        and league_ranks.league = sets.league
        and league_ranks.organisation_code = sets.organisation_code
inner join {{ ref('ranks_left_out') }} as without
    on
        without.quarter = sets.quarter
        and without.league = sets.league
        and without.organisation_code = sets.organisation_code
        and without.left_out = 'override'
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = sets.quarter
        and organisations.organisation_code = sets.organisation_code
        and organisations.league = sets.league
