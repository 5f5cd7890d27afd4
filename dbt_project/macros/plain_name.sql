{# The letters of a name, without the words that the names of all trusts or ICBs have. #}
{% macro plain_name(name) -%}
    {%- set words = '[(]?(NHS|FOUNDATION|TRUST|INTEGRATED CARE BOARD|ICB)[)]?' -%}
    {{ replaced(replaced("replace(upper(" ~ name ~ "), '&', 'AND')", words, ''), '[^A-Z]', '') }}
{%- endmacro %}
