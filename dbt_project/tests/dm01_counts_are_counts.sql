{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'dm01_waits'}}}) }}
-- A cell that should hold a count holds something else.
select
    files.file_name,
    staged.source_row,
    {{ not_counts(dm01_weeks(0, 13) + ['total_wl']) }} as found
from {{ ref('dm01_waits') }} as staged
inner join {{ source('land', 'dm01') }} as landed
    on landed._source_sha256 = staged.source_sha256 and cast(landed._source_row as integer) = staged.source_row
inner join {{ source('extract', 'files') }} as files
    on files.source_sha256 = staged.source_sha256 and files.status = 'used'
where staged.within_6_weeks + staged.over_6_weeks + staged.waiting_list is null
