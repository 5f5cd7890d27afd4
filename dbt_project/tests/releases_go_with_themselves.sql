{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'release_contradictions'}}}) }}
-- A file that goes against itself as a whole, or whose figures cannot be: no rule reproduces it.
select
    league,
    trust_code,
    published_id,
    source_row,
    kind,
    found,
    expected
from {{ ref('release_contradictions') }}
where
    role = 'asked for'
    and (
        kind in ('figure_twice', 'score_out_of_range', 'flag_out_of_range')
        or (trust_code is null and kind not in ('seed_contradicted', 'organisations_missing'))
    )
