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
where
    abs(coalesce(denominator, 0) - coalesce(other_denominator, 0))
    > revision_share * greatest(coalesce(denominator, 0), coalesce(other_denominator, 0))
    or abs(coalesce(numerator, 0) - coalesce(other_numerator, 0))
    > revision_share * greatest(coalesce(numerator, 0), coalesce(other_numerator, 0))
