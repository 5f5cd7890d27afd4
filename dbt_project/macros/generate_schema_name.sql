{# Layers are schemas: `score.metric_scores` is the same string in dbt, DuckDB and Dagster. A cluster has schemas
   of others, so there the name of the build stands before. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema ~ '_' if target.type == 'spark' }}{{ custom_schema_name or target.schema }}
{%- endmacro %}
