{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- Control total: every landed row of a file in use, for a quarter in use, is a staged figure.
with in_use as (
    select
        files.source_sha256,
        files.quarter,
        files.part as league
    from {{ source('extract', 'files') }} as files
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = files.quarter
    where files.source_id = 'nof_data' and files.status = 'used'
),

landed as (
    select
        in_use.quarter,
        in_use.league,
        in_use.source_sha256,
        count(*) as rows_landed
    from in_use
    inner join {{ source('land', 'nof_data') }} as nof
        on
            nof._source_sha256 = in_use.source_sha256
            and nof._league = in_use.league
            and nof._quarter = in_use.quarter
    group by in_use.quarter, in_use.league, in_use.source_sha256
),

staged as (
    select
        quarter,
        league,
        source_sha256,
        count(*) as rows_staged
    from {{ ref('nof_figures') }}
    group by quarter, league, source_sha256
)

select
    coalesce(landed.quarter, staged.quarter) as quarter,
    coalesce(landed.league, staged.league) as league,
    coalesce(landed.source_sha256, staged.source_sha256) as source_sha256,
    landed.rows_landed,
    staged.rows_staged
from landed
full outer join staged
    on
        staged.quarter = landed.quarter
        and staged.league = landed.league
        and staged.source_sha256 = landed.source_sha256
where landed.rows_landed is distinct from staged.rows_staged
