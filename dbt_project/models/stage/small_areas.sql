-- Five files say what a small area is like and where it lies. A file that is not at hand says nothing of any of them;
-- one that lacks an area is cut off, and `missing_in` names it. Files of England and Wales are read for England. A
-- look-up of areas of 2011 names one of 2021 several times. The census counts in one file or, without it, in another.
{%- set files = {
    'census_age': 'ages', 'imd_lsoa': 'deprivation', 'rural_urban': 'classes',
    'lsoa_sub_icbs': 'commissioners', 'lsoa_districts': 'districts'
} %}
{%- set censuses = {
    'census_age': {
        'residents': [
            'aged_0_to_15', 'aged_16_to_24', 'aged_25_to_34', 'aged_35_to_49', 'aged_50_to_64', 'aged_65_and_over'
        ],
        'older': ['aged_65_and_over']
    },
    'census_age_bands': {
        'residents': ['residents'],
        'older': ['aged_65_to_69', 'aged_70_to_74', 'aged_75_to_79', 'aged_80_to_84', 'aged_85_and_over']
    }
} %}
with ages as (
    {% for source_id, columns in censuses.items() -%}
        select
            {{ clean_text('lsoa_code') }} as area_code,
            {{ sum_of_counts(columns.residents) }} as residents,
            {{ sum_of_counts(columns.older) }} as aged_65_and_over,
            _source_sha256 as source_sha256,
            _source_member as source_member,
            cast(_source_row as integer) as source_row
        from {{ source('land', source_id) }}
        where
            {{ clean_text('lsoa_code') }} like 'E%'
            {{ "and not exists (select 1 from " ~ source('land', 'census_age') ~ ")" if not loop.first }}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
),

{% for source_id, name in files.items() if name != 'ages' -%}
    {{ name }} as (
        select
            *,
            {{ clean_text('lsoa_code') }} as area_code
        from {{ source('land', source_id) }}
        where {{ clean_text('lsoa_code') }} like 'E%'
        {%- if name == 'districts' %}
            qualify row_number() over (
                partition by area_code, {{ clean_text('district_code') }}
                order by cast(_source_row as integer), _source_sha256, _source_member nulls last
            ) = 1
        {%- endif %}
    ),

{% endfor -%}
files as (
    {{ names_of_files() }}
),

areas as (
    {% for name in files.values() -%}
        select area_code from {{ name }}
        {{ 'union' if not loop.last }}
    {% endfor -%}
)

select
    areas.area_code,
    {{ clean_text('commissioners.sub_icb_code') }} as sub_icb_code,
    {{ clean_text('commissioners.icb_code') }} as icb_code,
    {{ clean_text('later.icb_ods_code') }} as later_icb_code,
    {{ clean_text('districts.district_code') }} as district_code,
    {{ clean_text('districts.msoa_code') }} as msoa_code,
    ages.residents,
    ages.aged_65_and_over,
    {{ published_number('deprivation.imd_score') }} as imd_score,
    cast({{ clean_text('deprivation.imd_decile') }} as integer) as imd_decile,
    upper({{ clean_text('classes.class') }}) = 'RURAL' as is_rural,
    nullif(
        concat_ws(
            ' '
            {%- for source_id, name in files.items() -%}
                , case
                    when {{ name }}.area_code is null and exists (select 1 from {{ name }}) then '{{ source_id }}'
                end
            {%- endfor -%}
        ),
        ''
    ) as missing_in,
    ages.source_sha256,
    ages.source_member,
    ages.source_row,
    files.file_name as source_file
from areas
{% for name in files.values() -%}
    left join {{ name }} on {{ name }}.area_code = areas.area_code
{% endfor %}
left join {{ source('land', 'ods_sub_icbs') }} as later
    on {{ clean_text('later.sub_icb_ods_code') }} = {{ clean_text('commissioners.sub_icb_code') }}
left join files on files.source_sha256 = ages.source_sha256
