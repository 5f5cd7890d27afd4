{#-
A name that a file has in capitals only, as a person writes it: "The Queen Elizabeth Hospital, King's Lynn, NHS Foundation
Trust". Names with small letters stay as published. A word without a vowel is an abbreviation, but for those named here.
White space is one space: a line break would make a line of its own of what follows it.
-#}
{% macro readable_name(name) -%}
    {%- set name = 'trim(' ~ replaced(name, '[\\s\\p{Z}]+', ' ') ~ ')' -%}
    {%- set word_written -%}
        case
            when word in ('ICB', 'UK', 'CIC', 'BMI') then word
            when word like '%&%' then word
            when word in (
                'AND', 'AT', 'BY', 'DE', 'FOR', 'IN', 'LE', 'OF', 'ON', 'THE', 'TO', 'UNDER', 'UPON', 'WITH'
            ) then lower(word)
            when {{ has('word', "^[DO]''") }} then left(word, 3) || lower(substr(word, 4))
            when not {{ has('word', '[AEIOUY]') }} and word not in ('ST', 'LTD', 'DR', 'MR', 'MRS') then word
            else left(word, 1) || lower(substr(word, 2))
        end
    {%- endset -%}
    {%- set written = each_part(name, "[\\p{L}''&]+|[^\\p{L}''&]+", word_written) -%}
    case
        when {{ name }} <> upper({{ name }}) then {{ name }}
        else upper(left({{ written }}, 1)) || substr({{ written }}, 2)
    end
{%- endmacro %}
