-- All tests together count. Every other row only names its organisations.
{% for side, code, name in [
    ('provider', 'provider_code', 'provider_name'),
    ('commissioner', 'coalesce(icb_code, commissioner_code)', 'coalesce(icb_name, commissioner_name)')
] -%}
    select
        quarter,
        month,
        '{{ side }}' as side,
        {{ code }} as organisation_code,
        {{ name }} as organisation_name,
        commissioner_code,
        case when test = 'TOTAL' then 'dm01_over_6_weeks' end as measure,
        over_6_weeks as numerator,
        waiting_list as denominator,
        source_sha256,
        source_member,
        source_row
    from {{ ref('dm01_waits') }}
    {{ 'union all' if not loop.last }}
{% endfor %}
