{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A metric whose middle figure is twenty times that of another quarter, or a twentieth, is in another unit. None of the
-- figures of 2025/26 that were seen has doubled (2026-11).
with middles as (
    select
        quarter,
        league,
        published_id,
        unit,
        median({{ as_double('value') }}) as middle,
        min(source_sha256) as source_sha256
    from {{ ref('nof_figures') }}
    group by quarter, league, published_id, unit
)

select
    later.source_sha256,
    later.quarter,
    later.league,
    later.published_id,
    later.unit,
    later.middle,
    earlier.quarter as other_quarter,
    earlier.middle as middle_of_that_quarter
from middles as later
inner join middles as earlier
    on
        earlier.league = later.league
        and earlier.published_id = later.published_id
        and earlier.unit = later.unit
        and earlier.quarter < later.quarter
where
    later.middle * earlier.middle > 0
    and (later.middle / earlier.middle > 20 or earlier.middle / later.middle > 20)
