{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'forms_compared'}}}) }}
-- Two forms of a month differ in an organisation by more than revisions do: which of them is right? Of few patients a
-- share says little: ten are no difference (ours, 2026-11).
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
    > greatest(10, revision_share * denominator, revision_share * other_denominator)
    or abs(coalesce(numerator, 0) - coalesce(other_numerator, 0))
    > greatest(10, revision_share * numerator, revision_share * other_numerator)
