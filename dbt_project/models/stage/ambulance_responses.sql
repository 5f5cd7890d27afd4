-- A missing figure is a full stop. A file holds all months since 2017: those in use are picked by month.
with region_codes as (
    select distinct region_code
    from {{ ref('regions') }}
)

select
    months.quarter,
    months.month,
    {{ clean_text('ambsys.org_code') }} as organisation_code,
    {{ clean_text('ambsys.org_name') }} as organisation_name,
    case
        when {{ clean_text('ambsys.org_code') }} = 'Eng' then 'England'
        when region_codes.region_code is not null then 'region'
        else 'trust'
    end as level,
    {% for column, name in [
        ('a0', 'calls'), ('a7', 'incidents'), ('a8', 'category_1_incidents'), ('a24', 'category_1_seconds'),
        ('a10', 'category_2_incidents'), ('a30', 'category_2_seconds')
    ] -%}
        {{ published_count("nullif(ambsys." ~ column ~ ", '.')") }} as {{ name }},
    {% endfor -%}
    case when level = 'trust' then 'provider' end as side,
    cast(null as varchar) as commissioner_code,
    'ambulance_category_2' as measure,
    category_2_seconds as numerator,
    category_2_incidents as denominator,
    ambsys._source_sha256 as source_sha256,
    ambsys._source_member as source_member,
    cast(ambsys._source_row as integer) as source_row
from {{ source('land', 'ambsys') }} as ambsys
inner join {{ ref('months_available') }} as months
    on
        months.source_id = 'ambsys'
        and months.source_sha256 = ambsys._source_sha256
        and months.month = make_date(cast(ambsys.year as integer), cast(ambsys.month as integer), 1)
left join region_codes
    on region_codes.region_code = {{ clean_text('ambsys.org_code') }}
