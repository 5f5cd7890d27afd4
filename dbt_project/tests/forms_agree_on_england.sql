{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'forms_compared'}}}) }}
-- Two forms of a month come to another England than revisions explain (seed publication_forms): one is not whole, or of
-- another month. How many is summed of organisations that both forms tell it of, or that one of them lacks altogether.
select
    month,
    measure,
    side,
    file_name,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    other_file_name,
    sum(other_numerator) as other_numerator,
    sum(other_denominator) as other_denominator,
    revision_share
from {{ ref('forms_compared') }}
group by month, measure, side, file_name, other_file_name, revision_share
having
    abs(coalesce(sum(denominator), 0) - coalesce(sum(other_denominator), 0))
    > revision_share * greatest(coalesce(sum(denominator), 0), coalesce(sum(other_denominator), 0))
    or coalesce(
        abs(
            sum(
                coalesce(numerator, case when denominator is null then 0 end)
                - coalesce(other_numerator, case when other_denominator is null then 0 end)
            )
        ) > revision_share * greatest(coalesce(sum(numerator), 0), coalesce(sum(other_numerator), 0)),
        true
    )
