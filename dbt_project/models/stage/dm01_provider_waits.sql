-- Two sheets: a row a provider, and a row a provider and test, of which the test Total comes to the same.
select
    months.quarter,
    months.month,
    nullif({{ clean_text('dm01.provider_code') }}, '') as organisation_code,
    {{ clean_text('dm01.provider_name') }} as organisation_name,
    organisation_code is null as is_england,
    coalesce(nullif({{ clean_text('dm01.diagnostic_test_name') }}, ''), 'ALL TESTS') as test,
    {{ published_count('dm01.waiting_6_or_more_weeks') }} as over_6_weeks,
    {{ published_count('dm01.total_waiting_list') }} as waiting_list,
    {{ sum_of_counts(dm01_weeks(6, 13)) }} as sum_of_late_weeks,
    {{ sum_of_counts(dm01_weeks(0, 5)) }} + sum_of_late_weeks as sum_of_weeks,
    case when not is_england then 'provider' end as side,
    case when lower({{ clean_text('dm01._source_member') }}) = 'provider' then 'dm01_over_6_weeks' end as measure,
    over_6_weeks as numerator,
    waiting_list as denominator,
    {{ clean_text('dm01.percentage_waiting_6_or_more_weeks') }} as published_rate,
    {{ rate_agrees([1, 100]) }} as rate_agrees,
    dm01._source_sha256 as source_sha256,
    dm01._source_member as source_member,
    cast(dm01._source_row as integer) as source_row
from {{ source('land', 'dm01_provider') }} as dm01
inner join {{ ref('months_available') }} as months
    on months.source_id = 'dm01_provider' and months.source_sha256 = dm01._source_sha256
