-- England is every organisation of a publication, commissioner NONC included: what its own totals are checked against.
-- Weighted results of a survey and bands do not add up to it.
-- A&E counts of a provider whose ICB no list knows are England's but no ICB's. Footprints are shares, to a millionth:
-- their sum is whole again to a thousandth. What we compute is named as in seed `metrics`: no release has a say in it.
with summed as (
    select
        months.quarter,
        rules.framework,
        months.metric_id,
        rules.multiplier,
        rules.divisor,
        round(sum(counts.numerator), 3) as numerator,
        round(sum(counts.denominator), 3) as denominator,
        count(distinct months.month) as months_counted,
        min(months.month) as first_month,
        max(months.month) as last_month
    from {{ ref('months_used') }} as months
    inner join {{ ref('rules_in_force') }} as rules
        on
            rules.quarter = months.quarter
            and rules.framework = months.framework
            and rules.metric_id = months.metric_id
            and {{ of_months('rules.basis') }}
    inner join {{ ref('source_counts') }} as counts
        on
            counts.quarter = months.quarter
            and counts.month = months.month
            and counts.measure = rules.measure
            and counts.side = {{ side_in_file('rules.side') }}
    group by months.quarter, rules.framework, months.metric_id, rules.multiplier, rules.divisor
),

attributed as (
    select
        quarter,
        framework,
        metric_id,
        round(sum(denominator), 3) as denominator
    from {{ ref('computed_values') }}
    where is_of_the_last_submission is not true
    group by quarter, framework, metric_id
)

select
    summed.quarter,
    summed.metric_id,
    metrics.title as metric_title,
    cast(summed.numerator as decimal(18, 6)) as numerator,
    cast(summed.denominator as decimal(18, 6)) as denominator,
    cast(
        {{ exact_ratio('summed.numerator', 'summed.denominator', 'summed.multiplier', 'summed.divisor') }}
        as decimal(18, 6)
    ) as value,
    metrics.unit,
    cast(attributed.denominator as decimal(18, 6)) as denominator_attributed,
    cast(summed.months_counted as integer) as months_counted,
    summed.first_month,
    summed.last_month
from summed
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = summed.framework and metrics.metric_id = summed.metric_id
left join attributed
    on
        attributed.quarter = summed.quarter
        and attributed.framework = summed.framework
        and attributed.metric_id = summed.metric_id
