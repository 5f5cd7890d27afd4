{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'measures_not_found'}}}) }}
-- A file of a month has figures for each metric that is made of its publication.
select distinct
    quarter,
    file_name,
    month,
    measure,
    side
from {{ ref('measures_not_found') }}
