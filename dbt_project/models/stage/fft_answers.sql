-- Answers by trust and setting. England and a selection stand above the trusts, without a code. What is hidden is none.
with typed as (
    select
        months.quarter,
        months.month,
        'fft_' || months.part as measure,
        nullif({{ clean_text('fft.trust_code') }}, '') as organisation_code,
        {{ clean_text('fft.trust_name') }} as organisation_name,
        {% for count in ['responses', 'very_good', 'good', 'neither', 'poor', 'very_poor', 'dont_know'] -%}
            try_cast({{ clean_text('fft.' ~ count) }} as bigint) as {{ count }},
        {% endfor -%}
        {{ clean_text('fft.percentage_positive') }} as published_rate,
        fft._source_sha256 as source_sha256,
        fft._source_member as source_member,
        cast(fft._source_row as integer) as source_row
    from {{ source('land', 'fft') }} as fft
    inner join {{ ref('months_available') }} as months
        on months.source_id = 'fft' and months.source_sha256 = fft._source_sha256
)

select
    quarter,
    month,
    organisation_code,
    organisation_name,
    case when organisation_code is not null then 'provider' end as side,
    measure,
    very_good + good as numerator,
    responses as denominator,
    very_good + good + neither + poor + very_poor + dont_know as answers,
    published_rate,
    {{ rate_agrees([1, 100]) }} as rate_agrees,
    organisation_code is null and organisation_name ilike 'england%' and organisation_name not ilike '%excluding%'
        as is_england,
    cast(sum(case when organisation_code is not null then responses end) over of_setting as bigint) as responses_shown,
    count(case when organisation_code is not null and responses is null then 1 end) over of_setting as trusts_hidden,
    source_sha256,
    source_member,
    source_row
from typed
window of_setting as (partition by source_sha256, quarter)
