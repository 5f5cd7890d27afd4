{#-
A name that a file has in capitals only, as a person writes it: "The Queen Elizabeth Hospital, King's Lynn, NHS Foundation
Trust". Names with small letters stay as published. A word without a vowel is an abbreviation, but for those named here.
-#}
{% macro readable_name(name) -%}
    {%- set written -%}
        array_to_string(list_transform(
            regexp_extract_all({{ name }}, '[\p{L}''&]+|[^\p{L}''&]+'),
            lambda word: case
                when word in ('ICB', 'UK', 'CIC', 'BMI') then word
                when word like '%&%' then word
                when word in (
                    'AND', 'AT', 'BY', 'DE', 'FOR', 'IN', 'LE', 'OF', 'ON', 'THE', 'TO', 'UNDER', 'UPON', 'WITH'
                ) then lower(word)
                when regexp_matches(word, '^[DO]''') then word[:3] || lower(word[4:])
                when not regexp_matches(word, '[AEIOUY]') and word not in ('ST', 'LTD', 'DR', 'MR', 'MRS') then word
                else word[1] || lower(word[2:])
            end
        ), '')
    {%- endset -%}
    case
        when {{ name }} <> upper({{ name }}) then {{ name }}
        else upper(left({{ written }}, 1)) || substr({{ written }}, 2)
    end
{%- endmacro %}
