{# The letters of a name, without the words that the names of all trusts or ICBs have. #}
{% macro plain_name(name) -%}
    {%- set words = '[(]?(NHS|FOUNDATION|TRUST|INTEGRATED CARE BOARD|ICB)[)]?' -%}
    {{ replaced(replaced("replace(upper(" ~ name ~ "), '&', 'AND')", words, ''), '[^A-Z]', '') }}
{%- endmacro %}

{# Whether an organisation has the code or the name of an NHS trust. #}
{% macro named_as_a_trust(organisation) -%}
    (
        {{ matches(organisation ~ '.organisation_code', 'R[A-Z0-9]{2}|TA[A-Z]') }}
        or {{ has('upper(' ~ organisation ~ '.organisation_name)', 'NHS (FOUNDATION )?(TRUST|FT)$') }}
    )
{%- endmacro %}
