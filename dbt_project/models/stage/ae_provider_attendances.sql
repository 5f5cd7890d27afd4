-- Three sheets: what a provider saw itself, its footprint as an acute trust, to which a share of the type 3 attendances
-- of others nearby is added, and what all departments of an ICB saw. So footprints can be fractions. A department of
-- type 1 with a mark in place of each count within and over four hours did not say who waited: no nought. England's
-- share is of those who said.
{%- set types = ['type_1', 'type_2', 'type_3', 'total'] %}
{%- set said = [] %}
{%- for type in types %}
    {%- do said.append("ae.within_4_hours_" ~ type ~ " not in ('', '-', 'N/A')") %}
    {%- do said.append("ae.over_4_hours_" ~ type ~ " not in ('', '-', 'N/A')") %}
{%- endfor %}
with typed as (
    select
        months.quarter,
        months.month,
        case lower({{ clean_text('ae._source_member') }})
            when 'acute trust footprint data' then 'footprint'
            when 'system level data' then 'system'
            else 'provider'
        end as scope,
        {{ clean_text('ae.org_code') }} = '-' as is_england,
        {{ clean_text('ae.org_code') }} as organisation_code,
        {{ clean_text('ae.org_name') }} as organisation_name,
        coalesce(try_cast(ae.attendances_type_1 as double), 0) = 0 or {{ said | join(' or ') }} as is_told,
        {% for count in ['attendances', 'within_4_hours', 'over_4_hours'] -%}
            {% for type in types -%}
                cast(
                    coalesce(
                        nullif(nullif(nullif(ae.{{ count }}_{{ type }}, ''), '-'), 'N/A'),
                        {{ "'0'" if count == 'attendances' else "case when is_told then '0' end" }}
                    ) as decimal(18, 6)
                ) as {{ count }}_{{ type }},
            {% endfor -%}
        {% endfor -%}
        {{ clean_text("coalesce(nullif(ae.percentage_all_with_mapping, ''), ae.percentage_all)") }} as published_rate,
        ae._source_sha256 as source_sha256,
        ae._source_member as source_member,
        cast(ae._source_row as integer) as source_row
    from {{ source('land', 'ae_provider') }} as ae
    inner join {{ ref('months_available') }} as months
        on months.source_id = 'ae_provider' and months.source_sha256 = ae._source_sha256
)

select
    *,
    case when not is_england then case scope when 'system' then 'commissioner' else 'provider' end end as side,
    case scope when 'provider' then 'ae_within_4_hours' else 'ae_' || scope || '_within_4_hours' end as measure,
    within_4_hours_total as numerator,
    case when is_england then within_4_hours_total + over_4_hours_total else attendances_total end as denominator,
    {{ rate_agrees([1, 100]) }} as rate_agrees
from typed
