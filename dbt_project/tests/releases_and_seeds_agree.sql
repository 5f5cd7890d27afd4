{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'release_contradictions'}}}) }}
-- A cell that goes against the rest of its file, a file without all organisations, or a seed that a release
-- contradicts: the release is made, and says so. Many such cells stop it as figures that we do not reproduce.
select
    quarter,
    league,
    trust_code,
    published_id,
    source_row,
    kind,
    found,
    expected
from {{ ref('release_contradictions') }}
where
    role <> 'asked for'
    or not (
        kind in ('figure_twice', 'score_out_of_range', 'flag_out_of_range')
        or (trust_code is null and kind not in ('seed_contradicted', 'organisations_missing'))
    )
