{# Whether a value meets its standard, or misses its floor. #}
{% macro beyond_threshold() -%}
    case threshold
        when 'standard' then case polarity when 'higher' then value >= standard else value <= standard end
        when 'floor' then case polarity when 'higher' then value < floor else value > floor end
        else false
    end
{%- endmacro %}

{# The score of a place among those on the same side of the threshold. #}
{% macro score_of_place() -%}
    cast(
        case
            when beyond_threshold then beyond_threshold_score
            when population_size = 1 then single_score
            else best_score + span * (rank_in_population - 1) / {{ as_double('population_size - 1') }}
        end as decimal(18, 10)
    )
{%- endmacro %}

{# Whether a value lies in a band. #}
{% macro in_band(value) -%}
    (
        bands.lower_bound is null
        or {{ value }} > bands.lower_bound
        or (bands.lower_inclusive and {{ value }} = bands.lower_bound)
    )
    and (
        bands.upper_bound is null
        or {{ value }} < bands.upper_bound
        or (bands.upper_inclusive and {{ value }} = bands.upper_bound)
    )
{%- endmacro %}

{# The segment of an average, before the override. #}
{% macro segment_of(average) -%}
    (
        1 + cast({{ average }} > cut_1 as integer) + cast({{ average }} > cut_2 as integer)
        + cast({{ average }} > cut_3 as integer)
    )
{%- endmacro %}

{# The score of `own` at the place that `other` has. An organisation that rises above the floor adds one to the number
   ranked there. #}
{% macro score_at_place_of(own, other) -%}
    {%- set score -%}
        cast(
            {{ own }}.best_score
            + coalesce(({{ other }}.size - 1) / {{ as_double(other ~ '.size') }}, 1)
            * ({{ other }}.score_exact - {{ own }}.best_score)
            as decimal(18, 10)
        )
    {%- endset -%}
    cast(
        case
            when {{ own }}.threshold = 'floor' and {{ own }}.is_beyond and not {{ other }}.is_beyond
                then case {{ own }}.score_decimals when 2 then round({{ score }}, 2) else {{ score }} end
            else {{ other }}.score_exact
        end as decimal(18, 10)
    )
{%- endmacro %}

{# An average with another score in the place of the own. #}
{% macro average_with(score) -%}
    {{ round_half_up(as_double('total + weight * (' ~ score ~ ' - score_exact)') ~ ' / weights') }}
{%- endmacro %}
