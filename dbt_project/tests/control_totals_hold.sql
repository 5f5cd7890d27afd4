{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'monthly_counts'}}}) }}
-- An England figure that is known apart from the file (seed control_totals) is what the file adds up to.
select
    known.source_id,
    known.month,
    known.measure,
    known.numerator as known_numerator,
    sum(counts.numerator) as sum_of_numerators,
    known.denominator as known_figure,
    sum(counts.denominator) as sum_of_providers
from {{ ref('control_totals') }} as known
inner join {{ ref('months_in_use') }} as months
    on months.source_sha256 = known.source_sha256 and months.month = known.month
left join {{ ref('monthly_counts') }} as counts
    on
        counts.source_sha256 = known.source_sha256
        and counts.month = known.month
        and counts.measure = known.measure
        and counts.side = 'provider'
group by known.source_id, known.month, known.measure, known.numerator, known.denominator
having
    sum(counts.denominator) is distinct from known.denominator
    or sum(counts.numerator) is distinct from coalesce(known.numerator, sum(counts.numerator))
