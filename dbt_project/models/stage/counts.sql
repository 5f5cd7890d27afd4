-- The models with the tag `counts`, one under another. An organisation has its name from the first that names it.
{% for source_id, model in {
    'rtt': 'rtt_counts',
    'dm01': 'dm01_counts',
    'cancer': 'cancer_waits',
    'ae': 'ae_attendances',
    'ambsys': 'ambulance_responses'
}.items() -%}
    select
        '{{ source_id }}' as source_id,
        {{ loop.index }} as preference,
        quarter,
        month,
        side,
        organisation_code,
        organisation_name,
        commissioner_code,
        measure,
        numerator,
        denominator,
        source_sha256,
        source_member,
        source_row
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
