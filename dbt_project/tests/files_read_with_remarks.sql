{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'months_available'}}}) }}
-- A file in use was not quite as expected. Columns left out were empty, or no figure needs them. Columns in another
-- order are read by their headings, which may have been exchanged.
select distinct
    files.file_name,
    files.remarks,
    months.source_id is not null as of_a_month
from {{ source('extract', 'files') }} as files
left join {{ ref('months_available') }} as months on months.source_sha256 = files.source_sha256
where files.status = 'used' and files.remarks is not null
