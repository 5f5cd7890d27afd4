{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'months_available'}}}) }}
-- Nobody can have the figures of a month before its last day: the dates in the file are wrong.
select distinct
    months.quarter,
    months.source_sha256,
    months.month,
    files.retrieved
from {{ ref('months_available') }} as months
inner join {{ source('extract', 'files') }} as files
    on files.status = 'used' and files.source_sha256 = months.source_sha256 and files.quarter = months.quarter
where cast(files.retrieved as date) < cast(last_day(months.month) as date)
