{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'months_in_use'}}}) }}
-- A file in use was not quite as expected; what was noticed was left aside and is empty.
select distinct
    file_name,
    remarks
from {{ source('extract', 'files') }}
where status = 'used' and remarks is not null
