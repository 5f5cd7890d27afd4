{# A count as people write it: halves stay, `.0` goes. #}
{% macro without_zero(column) -%}
    {{ replaced('cast(' ~ column ~ ' as string)', '[.]0$', '') }}
{%- endmacro %}

{# The sizes of publications with a finding, with file, month, what was found, what is expected and why. #}
{% macro sizes_found(finding, least) -%}
    select
        files.file_name,
        compared.period,
        compared.measure || ' by ' || compared.part as counted,
        compared.size,
        {{ without_zero('compared.found') }} as found,
        'at least ' || {{ without_zero('compared.' ~ least) }}
        || coalesce(' and at most ' || {{ without_zero('compared.refuse_above') }}, '') as expected,
        compared.compared_with,
        compared.reason
    from {{ ref('sizes_compared') }} as compared
    left join {{ source('extract', 'files') }} as files
        on
            files.source_sha256 = compared.source_sha256
            and files.period = compared.period
            and files.status = 'used'
    where compared.finding = '{{ finding }}'
{%- endmacro %}
