-- The sub-ICB lookup has a row for each sub-ICB; the first of them says it for the ICB.
{% for source_id, code, name, region in [
    ('ods_icbs', 'ods_code', 'name', 'region'),
    ('ods_sub_icbs', 'icb_ods_code', 'icb_name', 'region_name')
] -%}
    select
        '{{ source_id }}' as source_id,
        {{ clean_text(code) }} as icb_code,
        {{ clean_text(name) }} as icb_name,
        {{ clean_text(region) }} as region,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        min(cast(_source_row as integer)) as source_row
    from {{ source('land', source_id) }}
    group by
        {{ clean_text(code) }},
        {{ clean_text(name) }},
        {{ clean_text(region) }},
        _source_sha256,
        _source_member
    {{ 'union all' if not loop.last }}
{% endfor %}
