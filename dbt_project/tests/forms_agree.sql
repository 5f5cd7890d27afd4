{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'forms_compared'}}}) }}
-- Two forms of a month differ in an organisation by more than revisions do: which of them is right?
select
    month,
    measure,
    organisation_code,
    file_name,
    numerator,
    denominator,
    other_file_name,
    other_numerator,
    other_denominator,
    revision_share
from {{ ref('forms_compared') }}
where disagrees
