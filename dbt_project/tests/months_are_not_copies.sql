{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- A month with the figures of one of the twelve before is the file of that month under another date. By chance few
-- organisations that count a hundred or more have the same numerator and denominator twice, and never half of them.
with organisations as (
    select
        month,
        measure,
        side,
        code_in_file,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        min(source_sha256) as source_sha256
    from {{ ref('source_counts') }}
    where side in ('provider', 'commissioner')
    group by quarter, month, measure, side, code_in_file
    having sum(denominator) >= 100
),

named as (
    {{ names_of_files() }}
)

select
    later.source_sha256,
    later.month,
    later.measure,
    later.side,
    earlier.month as same_as,
    min(named.file_name) as file_of_that_month,
    count(distinct later.code_in_file) as organisations_in_both,
    count(
        distinct case
            when later.numerator = earlier.numerator and later.denominator = earlier.denominator
                then later.code_in_file
        end
    ) as with_the_same_figures
from organisations as later
inner join organisations as earlier
    on
        earlier.measure = later.measure
        and earlier.side = later.side
        and earlier.code_in_file = later.code_in_file
        and earlier.month < later.month
        and earlier.month >= later.month - interval 12 month
left join named on named.source_sha256 = earlier.source_sha256
group by later.source_sha256, later.month, later.measure, later.side, earlier.month
having organisations_in_both >= 5 and 2 * with_the_same_figures > organisations_in_both
