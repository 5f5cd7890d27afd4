{%- set by_commissioner = ['rtt_counts', 'dm01_counts'] %}
-- The models with the tag `counts`, one under another. An organisation has its name from the first that names it. Few
-- publications say for which commissioner a row counts.
{% for model, source_id in {
    'rtt_counts': "'rtt'",
    'dm01_counts': "'dm01'",
    'dm01_provider_waits': "'dm01_provider'",
    'cancer_waits': "'cancer'",
    'cancer_cuts': 'source_id',
    'ae_attendances': "'ae'",
    'ae_provider_attendances': "'ae_provider'",
    'ambulance_responses': 'source_id',
    'community_waiters': "'community_waits'",
    'sickness_days': "'sickness'",
    'gpps_results': "'gpps'",
    'dementia_diagnoses': "'dementia'",
    'survey_scores': 'source_id',
    'shmi_bands': "'shmi'",
    'fft_answers': "'fft'",
    'talking_therapies_months': "'talking_therapies_monthly'"
}.items() -%}
    select
        {{ source_id }} as source_id,
        {{ loop.index }} as preference,
        quarter,
        month,
        side,
        organisation_code,
        organisation_name,
        {{ '' if model in by_commissioner else 'cast(null as string) as ' }}commissioner_code,
        measure,
        numerator,
        denominator,
        source_sha256,
        source_member,
        source_row
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
{% endfor %}
