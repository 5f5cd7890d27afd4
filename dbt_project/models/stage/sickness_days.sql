-- Working days of full-time equivalents. What an NHS trust or a provider of community services lost counts; other
-- employers, ICBs among them, and totals name themselves alone. ORG_TYPE says which league a trust is in, and who is a
-- trust, however its name is written; among community providers the name says it. One file can hold many months.
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
        lower({{ clean_text('org_type') }}) = 'community provider trust' as is_community_provider,
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
),

known as (
    select
        typed.*,
        types.league as league_of_type,
        {{ has('upper(typed.organisation_name)', 'NHS.*TRUST') }}
        or (coalesce(types.league <> 'icb_official', false) and not typed.is_community_provider) as is_trust
    from typed
    left join {{ ref('trust_types') }} as types on types.published_trust_type = typed.organisation_type
)

select
    months.quarter,
    known.month,
    known.organisation_code,
    known.organisation_name,
    known.organisation_type,
    known.is_trust,
    case when known.is_trust then known.league_of_type end as league,
    case when known.is_trust or known.is_community_provider then 'provider' end as side,
    'sickness_absence' as measure,
    known.days_lost as numerator,
    known.days_available as denominator,
    known.published_rate,
    {{ rate_agrees([1, 100]) }} as rate_agrees,
    known.source_sha256,
    known.source_member,
    known.source_row
from known
inner join {{ ref('months_available') }} as months
    on
        months.source_id = 'sickness'
        and months.source_sha256 = known.source_sha256
        and months.month = known.month
