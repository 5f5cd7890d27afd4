-- Five files say what a small area is like and where it lies. A file that is not at hand says nothing of any of them;
-- one that lacks an area is cut off, and `missing_in` names it.
{%- set files = {
    'census_age': 'ages', 'imd_lsoa': 'deprivation', 'rural_urban': 'classes',
    'lsoa_sub_icbs': 'commissioners', 'lsoa_districts': 'districts'
} %}
{%- set columns = [
    'ages.aged_0_to_15', 'ages.aged_16_to_24', 'ages.aged_25_to_34', 'ages.aged_35_to_49', 'ages.aged_50_to_64',
    'ages.aged_65_and_over'
] %}
with
{% for source_id, name in files.items() -%}
    {{ name }} as (
        select
            *,
            {{ clean_text('lsoa_code') }} as area_code,
            cast(_source_row as integer) as source_row
        from {{ source('land', source_id) }}
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
    {{ sum_of_counts(columns) }} as residents,
    {{ published_count('ages.aged_65_and_over') }} as aged_65_and_over,
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
    ages._source_sha256 as source_sha256,
    ages._source_member as source_member,
    ages.source_row,
    files.file_name as source_file
from areas
{% for name in files.values() -%}
    left join {{ name }} on {{ name }}.area_code = areas.area_code
{% endfor %}
left join {{ source('land', 'ods_sub_icbs') }} as later
    on {{ clean_text('later.sub_icb_ods_code') }} = {{ clean_text('commissioners.sub_icb_code') }}
left join files on files.source_sha256 = ages._source_sha256
