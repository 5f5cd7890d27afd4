{# The weight in words, where the number of metrics would meet the share and only their weight does not. #}
{% macro by_weight(some, all, share) -%}
    case
        when summed.metrics_{{ some }} >= {{ share }} * summed.metrics_{{ all }}
            then
                ' (' || {{ without_zero('round(' ~ as_double('summed.weight_' ~ some) ~ ', 3)') }} || ' of '
                || {{ without_zero('round(' ~ as_double('summed.weight_' ~ all) ~ ', 3)') }} || ' by weight)'
        else ''
    end
{%- endmacro %}
