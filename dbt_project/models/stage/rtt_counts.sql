-- Incomplete pathways count, all treatment functions together. Every other row only names its organisations.
{%- set counted = "part = 'Part_2' and treatment_function = 'C_999'" %}
{% for side, code, name in [
    ('provider', 'provider_code', 'provider_name'),
    ('commissioner', 'coalesce(icb_code, commissioner_code)', 'coalesce(icb_name, commissioner_name)')
] -%}
    {% for measure, numerator, denominator, condition in [
        ("'rtt_within_18_weeks'", 'within_18_weeks', 'total_all', counted),
        ("'rtt_over_52_weeks'", 'over_52_weeks', 'total_all', counted),
        ('null', 'null', 'null', '(' ~ counted ~ ') is not true')
    ] -%}
        select
            quarter,
            month,
            '{{ side }}' as side,
            {{ code }} as organisation_code,
            {{ name }} as organisation_name,
            commissioner_code,
            {{ measure }} as measure,
            {{ numerator }} as numerator,
            {{ denominator }} as denominator,
            source_sha256,
            source_member,
            source_row
        from {{ ref('rtt_pathways') }}
        where {{ condition }}
        {{ 'union all' if not loop.last }}
    {% endfor -%}
    {{ 'union all' if not loop.last }}
{% endfor %}
