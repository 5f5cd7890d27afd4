{#-
Which half of a table a whole range of ranks lies in. Of an odd number the middle place is of neither half: as many are
before it as behind it. A table of one has no halves.
-#}
{% macro position(low, high, organisations) -%}
    cast(
        case
            when 2 * {{ high }} <= {{ organisations }} then 'better_half'
            when 2 * {{ low }} > {{ organisations }} + 1 then 'worse_half'
            when {{ low }} is not null then 'either_half'
        end as string
    )
{%- endmacro %}
