{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'monthly_counts'}}}) }}
-- An England figure that is known apart from the file (seed control_totals) is what the file adds up to.
select
    known.source_id,
    known.month,
    known.measure,
    known.denominator as known_figure,
    sum(counts.denominator) as sum_of_providers
from {{ ref('control_totals') }} as known
inner join {{ ref('monthly_counts') }} as counts
    on
        counts.source_sha256 = known.source_sha256
        and counts.month = known.month
        and counts.measure = known.measure
        and counts.side = 'provider'
group by known.source_id, known.month, known.measure, known.numerator, known.denominator
having
    sum(counts.denominator) <> known.denominator
    or sum(counts.numerator) <> coalesce(known.numerator, sum(counts.numerator))
