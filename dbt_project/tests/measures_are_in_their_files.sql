{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'measures_not_found'}}}) }}
-- A file of a month counts somebody for each metric that is made of its publication.
select distinct
    file_name,
    month,
    measure
from {{ ref('measures_not_found') }}
