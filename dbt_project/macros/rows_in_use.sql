{# The landed rows of a NOF source, of those files and quarters that this build uses, with quarter and league. #}
{% macro rows_in_use(source_id) -%}
    select
        nof.*,
        quarters.quarter,
        nof._league as league
    from {{ source('land', source_id) }} as nof
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = nof._quarter
    inner join {{ source('extract', 'files') }} as files
        on
            files.source_id = '{{ source_id }}'
            and files.status = 'used'
            and files.source_sha256 = nof._source_sha256
            and files.quarter = quarters.quarter
            and files.part = nof._league
{%- endmacro %}

{# The landed rows of a reference, once for each quarter that uses the file. #}
{% macro reference_rows(source_id) -%}
    select
        reference.*,
        files.quarter
    from {{ source('land', source_id) }} as reference
    inner join {{ source('extract', 'files') }} as files
        on
            files.source_id = '{{ source_id }}'
            and files.status = 'used'
            and files.source_sha256 = reference._source_sha256
{%- endmacro %}

{# What a file in use is called. #}
{% macro names_of_files() -%}
    select
        source_sha256,
        min(file_name) as file_name
    from {{ source('extract', 'files') }}
    where status = 'used'
    group by source_sha256
{%- endmacro %}
