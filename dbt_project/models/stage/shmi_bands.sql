-- The band as published, never worked out again. Its twelve months end in `month`. Bands of two trusts do not add up,
-- so a trust that had merged counts for nobody.
with typed as (
    select
        {{ date_of('regexp_extract(' ~ clean_text('time_period') ~ ", '[A-Za-z]+ ?[0-9]+$', 0)", ['%b%y', '%B %Y']) }}
            as month,
        {{ clean_text('provider_code') }} as organisation_code,
        {{ clean_text('provider_name') }} as organisation_name,
        {% for figure in ['shmi_banding', 'shmi_value', 'observed', 'expected'] -%}
            case
                when {{ matches(clean_text(figure), '[0-9]+([.][0-9]+)?') }}
                    then cast({{ clean_text(figure) }} as decimal(18, 6))
            end as {{ figure }},
        {% endfor -%}
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'shmi') }}
)

select
    months.quarter,
    typed.month,
    typed.organisation_code,
    typed.organisation_name,
    case when successions.predecessor_code is null then 'provider' end as side,
    'shmi_band' as measure,
    typed.shmi_banding as numerator,
    1 as denominator,
    typed.shmi_value,
    typed.observed,
    typed.expected,
    typed.source_sha256,
    typed.source_member,
    typed.source_row
from typed
inner join {{ ref('months_available') }} as months
    on months.source_id = 'shmi' and months.source_sha256 = typed.source_sha256 and months.month = typed.month
left join {{ ref('successions') }} as successions
    on successions.quarter = months.quarter and successions.predecessor_code = typed.organisation_code
