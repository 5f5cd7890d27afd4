{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'rank_pairs'}}}) }}
-- The pairs told apart among all are those that make the sets of ranks: as many, and on the same side.
with sides as (
    select quarter, league, code_a as organisation_code, score_difference, told_apart_all
    from {{ ref('rank_pairs') }}
    union all
    select quarter, league, code_b as organisation_code, -score_difference, told_apart_all
    from {{ ref('rank_pairs') }}
),

counted as (
    select
        quarter,
        league,
        organisation_code,
        count_if(told_apart_all and score_difference > 0) as better,
        count_if(told_apart_all and score_difference < 0) as worse,
        count(*) as others
    from sides
    group by quarter, league, organisation_code
)

select
    bands.quarter,
    bands.league,
    bands.organisation_code,
    counted.better,
    counted.worse,
    bands.best_rank,
    bands.worst_rank
from {{ ref('rank_bands') }} as bands
left join counted
    on
        counted.quarter = bands.quarter
        and counted.league = bands.league
        and counted.organisation_code = bands.organisation_code
where
    bands.best_rank <> 1 + coalesce(counted.better, 0)
    or bands.worst_rank <> 1 + coalesce(counted.others - counted.worse, 0)
    or bands.told_apart_from <> coalesce(counted.better + counted.worse, 0)
