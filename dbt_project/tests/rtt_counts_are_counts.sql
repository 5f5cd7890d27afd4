{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- A cell that should hold a count holds something else.
select
    files.file_name,
    staged.source_row,
    {{ not_counts(rtt_weeks(0, 104) + ['total', 'patients_with_unknown_clock_start_date', 'total_all']) }} as found
from {{ ref('rtt_pathways') }} as staged
inner join {{ source('land', 'rtt') }} as landed
    on landed._source_sha256 = staged.source_sha256 and cast(landed._source_row as integer) = staged.source_row
inner join {{ source('extract', 'files') }} as files
    on files.source_sha256 = staged.source_sha256 and files.status = 'used'
where
    staged.within_18_weeks + staged.over_18_to_52_weeks + staged.over_52_weeks + staged.total
    + staged.unknown_clock_start + staged.total_all is null
