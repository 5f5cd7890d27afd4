-- Every two organisations of a league once, in the order of their codes. The lists have an item for each later code.
with pairs as (
    select
        quarter,
        league,
        organisation_code as code_a,
        {{ a_row_each({
            'code_b': 'likely_later_codes',
            'ahead_share': 'likely_ahead_shares',
            'level_share': 'likely_level_shares',
            'told_apart_alone': 'set_later_told_apart_alone',
            'told_apart_all': 'set_later_told_apart_all'
        }) }}
    from {{ ref('rank_uncertainty') }}
)

select
    pairs.quarter,
    pairs.league,
    pairs.code_a,
    pairs.code_b,
    pairs.ahead_share,
    pairs.level_share,
    cast(ranks_a.average_score - ranks_b.average_score as decimal(4, 2)) as score_difference,
    pairs.told_apart_alone,
    pairs.told_apart_all
from pairs
inner join {{ ref('league_ranks') }} as ranks_a
    on
        ranks_a.quarter = pairs.quarter
        and ranks_a.league = pairs.league
        and ranks_a.organisation_code = pairs.code_a
inner join {{ ref('league_ranks') }} as ranks_b
    on
        ranks_b.quarter = pairs.quarter
        and ranks_b.league = pairs.league
        and ranks_b.organisation_code = pairs.code_b
