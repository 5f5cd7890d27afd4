{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- An England figure that is known apart from the file (seed control_totals) is what the file adds up to, as far as
-- later revisions allow.
select
    known.source_id,
    known.month,
    known.measure,
    known.numerator as known_numerator,
    sum(counts.numerator) as sum_of_numerators,
    known.denominator as known_figure,
    sum(counts.denominator) as sum_of_providers,
    known.tolerance_share
from {{ ref('control_totals') }} as known
inner join {{ ref('months_available') }} as months
    on months.source_id = known.source_id and months.month = known.month
left join {{ ref('source_counts') }} as counts
    on
        counts.source_sha256 = months.source_sha256
        and counts.month = known.month
        and counts.measure = known.measure
        and counts.side = 'provider'
group by known.source_id, known.month, known.measure, known.numerator, known.denominator, known.tolerance_share
having
    sum(counts.denominator) is null
    or (known.numerator is not null and sum(counts.numerator) is null)
    or abs(sum(counts.denominator) - known.denominator) > known.tolerance_share * known.denominator
    or abs(sum(counts.numerator) - known.numerator) > known.tolerance_share * known.numerator
