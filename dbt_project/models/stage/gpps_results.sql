-- Weighted percentages with 95% limits. As a count of how many of how many each is that of a simple random sample with
-- limits as wide, of no more than the responses that there are.
{%- set z = 1.959964 %}
with results as (
    select
        months.quarter,
        months.month,
        {{ clean_text('gpps.code') }} as organisation_code,
        {{ clean_text('gpps.name') }} as organisation_name,
        upper({{ clean_text('gpps.type') }}) = 'NATIONAL' as is_england,
        replace({{ clean_text('gpps.measure') }}, '-', '_') as measure,
        {{ published_count('gpps.distributed') }} as distributed,
        {{ published_count('gpps.received') }} as received,
        {{ published_count('gpps.unweighted_base') }} as responses,
        {{ published_number('gpps.percent') }} as percent,
        {{ published_number('gpps.lower_95') }} as lower_95,
        {{ published_number('gpps.upper_95') }} as upper_95,
        gpps._source_sha256 as source_sha256,
        gpps._source_member as source_member,
        cast(gpps._source_row as integer) as source_row
    from {{ source('land', 'gpps') }} as gpps
    inner join {{ ref('months_available') }} as months
        on months.source_id = 'gpps' and months.source_sha256 = gpps._source_sha256
),

closed_icbs as (
    {{ closed_icbs() }}
)

select
    results.*,
    case when not results.is_england and closed.icb_code is null then 'commissioner' end as side,
    cast(
        least(
            round(
                results.percent * (100 - results.percent)
                / power(nullif({{ as_double('results.upper_95 - results.lower_95') }} / (2 * {{ z }}), 0), 2)
            ),
            results.responses
        ) as decimal(9, 0)
    ) as denominator,
    cast(
        cast(results.percent as decimal(7, 4)) * denominator * cast(0.01 as decimal(2, 2)) as decimal(18, 6)
    ) as numerator
from results
left join closed_icbs as closed
    on closed.quarter = results.quarter and closed.icb_code = results.organisation_code
