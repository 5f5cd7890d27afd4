select
    sets.quarter,
    sets.league,
    sets.band,
    sets.organisation_code,
    organisations.organisation_name,
    league_ranks.average_score,
    sets.standard_error,
    without.rank as rank_without_override,
    sets.best_rank,
    sets.worst_rank,
    sets.told_apart_from,
    sets.may_be_in_top_quarter,
    sets.may_be_in_bottom_quarter
from {{ ref('rank_sets') }} as sets
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
