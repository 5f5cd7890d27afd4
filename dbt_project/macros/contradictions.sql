{# The contradictions of releases of a severity, with the file that they are in. #}
{% macro contradictions(severity) -%}
    select
        files.file_name,
        found.source_row,
        found.quarter,
        found.league,
        found.organisation_code,
        found.published_id,
        found.kind,
        found.found,
        found.expected
    from {{ ref('release_contradictions') }} as found
    left join {{ source('extract', 'files') }} as files
        on
            files.source_id = 'nof_data'
            and files.quarter = found.quarter
            and files.part = found.league
            and files.status = 'used'
    where found.severity = '{{ severity }}'
{%- endmacro %}
