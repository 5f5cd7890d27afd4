-- Two forms of the same indicators. A file holds all months since 2017: those in use are picked by month. The CSV has
-- the year and number of a month and a full stop for what is missing; the time series the financial year and name, and
-- a hyphen or nothing.
with region_codes as (
    select distinct region_code
    from {{ ref('regions') }}
),

landed as (
    {% for source_id, missing, month in [
        ('ambsys', "nullif(%s, '.')", 'make_date(cast(year as integer), cast(month as integer), 1)'),
        ('ambsys_series', "nullif(nullif(%s, '-'), '')", date_of("month || ' ' || left(year, 4)", ['%B %Y']))
    ] -%}
        select
            '{{ source_id }}' as source_id,
            {{ month }} as published_month,
            org_code,
            org_name,
            {% for column in ['a0', 'a7', 'a8', 'a10', 'a24', 'a30', 'a31'] -%}
                {{ missing | replace('%s', column) }} as {{ column }},
            {% endfor -%}
            _source_sha256,
            _source_member,
            _source_row
        from {{ source('land', source_id) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

dated as (
    select
        *,
        cast(
            case
                when source_id = 'ambsys_series' and month(published_month) < 4 then published_month + interval 1 year
                else published_month
            end as date
        ) as month_counted
    from landed
)

select
    months.quarter,
    dated.source_id,
    months.month,
    {{ clean_text('dated.org_code') }} as organisation_code,
    {{ clean_text('dated.org_name') }} as organisation_name,
    case
        when upper({{ clean_text('dated.org_code') }}) = 'ENG' then 'England'
        when region_codes.region_code is not null then 'region'
        else 'trust'
    end as level,
    {% for column, name in [
        ('a0', 'calls'), ('a7', 'incidents'), ('a8', 'category_1_incidents'), ('a24', 'category_1_seconds'),
        ('a10', 'category_2_incidents'), ('a30', 'category_2_seconds')
    ] -%}
        {{ published_count("dated." ~ column) }} as {{ name }},
    {% endfor -%}
    case when level = 'trust' then 'provider' end as side,
    'ambulance_category_2' as measure,
    category_2_seconds as numerator,
    category_2_incidents as denominator,
    {{ clean_text('dated.a31') }} as published_rate,
    {{ rate_agrees([1], slack=1.5) }} as rate_agrees,
    dated._source_sha256 as source_sha256,
    dated._source_member as source_member,
    cast(dated._source_row as integer) as source_row
from dated
inner join {{ ref('months_available') }} as months
    on
        months.source_id = dated.source_id
        and months.source_sha256 = dated._source_sha256
        and months.month = dated.month_counted
left join region_codes
    on region_codes.region_code = {{ clean_text('dated.org_code') }}
