-- Working days of full-time equivalents. What an NHS trust or a provider of community services lost counts; other
-- employers, ICBs among them, and totals name themselves alone. ORG_TYPE says which league a trust is in. One file can
-- hold many months.
with typed as (
    select
        case
            when {{ has('date', '[0-9]') }}
                then
                    cast(date_trunc('month', {{ date_of(clean_text('date'), [
                        '%d/%m/%y', '%d/%m/%Y', '%Y-%m-%d', '%Y-%b', '%b-%y', '%d-%b-%y', '%d-%b-%Y', '%d%b%Y', '%B %Y',
                        '%b %Y', '%Y-%m', '%Y-%m-%d %H:%M:%S'
                    ]) }}) as date)
        end as month,
        {{ clean_text('org_code') }} as organisation_code,
        {{ clean_text('org_name') }} as organisation_name,
        lower({{ clean_text('org_type') }}) as organisation_type,
        {{ has('upper(' ~ clean_text('org_name') ~ ')', 'NHS.*TRUST') }} as is_trust,
        {% for days in ['days_lost', 'days_available'] -%}
            case
                when {{ matches(clean_text('fte_' ~ days), '[0-9.]+') }}
                    then cast({{ clean_text('fte_' ~ days) }} as decimal(18, 6))
            end as {{ days }},
        {% endfor -%}
        {{ clean_text('sickness_absence_rate') }} as published_rate,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'sickness') }}
)

select
    months.quarter,
    typed.month,
    typed.organisation_code,
    typed.organisation_name,
    typed.organisation_type,
    typed.is_trust,
    case when typed.is_trust then types.league end as league,
    case when typed.is_trust or typed.organisation_type = 'community provider trust' then 'provider' end as side,
    cast(null as string) as commissioner_code,
    'sickness_absence' as measure,
    typed.days_lost as numerator,
    typed.days_available as denominator,
    typed.published_rate,
    {{ rate_agrees([1, 100]) }} as rate_agrees,
    typed.source_sha256,
    typed.source_member,
    typed.source_row
from typed
inner join {{ ref('months_available') }} as months
    on
        months.source_id = 'sickness'
        and months.source_sha256 = typed.source_sha256
        and months.month = typed.month
left join {{ ref('trust_types') }} as types on types.published_trust_type = typed.organisation_type
