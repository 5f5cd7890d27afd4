{# A count as published: blank, which has no digits, where there is nothing to count. Anything but digits is no count
   and stays null, for the tests to name. Casting alone would take 12.5 for 13. #}
{% macro published_count(column) -%}
    case when {{ is_digits(column) }} then coalesce({{ whole_number(column) }}, 0) end
{%- endmacro %}

{# Wide columns are summed wide: unpivoting a national file takes a hundred times the memory. #}
{% macro sum_of_counts(columns) -%}
    {% set counts = [] -%}
    {% for column in columns -%}
        {% set _ = counts.append(published_count(column)) -%}
    {% endfor -%}
    {{ counts | join(' + ') }}
{%- endmacro %}

{# What each column of the rows of a group comes to, as a list. What is no count adds nothing. #}
{% macro list_of_sums(columns) -%}
    {% set sums = [] -%}
    {% for column in columns -%}
        {% set _ = sums.append('cast(sum(coalesce(' ~ whole_number('landed.' ~ column) ~ ', 0)) as bigint)') -%}
    {% endfor -%}
    {{ as_list(sums) }}
{%- endmacro %}

{# The columns of a landed row that hold something other than a count, with what they hold. #}
{% macro not_counts(columns) -%}
    {% set found = [] -%}
    {% for column in columns -%}
        {% set odd = "case when not coalesce(" ~ is_digits('landed.' ~ column) ~ ", false)" -%}
        {% set shown = "coalesce(chr(39) || landed." ~ column ~ " || chr(39), 'none')" -%}
        {% set _ = found.append(odd ~ " then '" ~ column ~ ": ' || " ~ shown ~ " end") -%}
    {% endfor -%}
    concat_ws(', ', {{ found | join(', ') }})
{%- endmacro %}

{# RTT: weeks since referral, `Gt 00 To 01` to `Gt 104`; from and to are completed weeks. #}
{% macro rtt_weeks(first, last) -%}
    {% set columns = [] -%}
    {% for week in range(first, last + 1) -%}
        {% set name = 'gt_104_weeks_sum_1' if week == 104 else 'gt_%02d_to_%02d_weeks_sum_1' % (week, week + 1) -%}
        {% set _ = columns.append(name) -%}
    {% endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# DM01: weeks waited, `00 < 01` to `13+`. #}
{% macro dm01_weeks(first, last) -%}
    {% set columns = [] -%}
    {% for week in range(first, last + 1) -%}
        {% set name = 'weeks_13_or_more' if week == 13 else 'weeks_%02d_%02d' % (week, week + 1) -%}
        {% set _ = columns.append(name) -%}
    {% endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{# On which side of its publication a rule counts: whatever is of an ICB by its providers is among the providers. #}
{% macro side_in_file(side) -%}
    case {{ side }} when 'commissioner' then 'commissioner' else 'provider' end
{%- endmacro %}

{# Whether a rule counts a row: some leave out the one commissioner whose rows stand apart. #}
{% macro with_its_commissioners(counts, rules) -%}
    (
        {{ rules }}.without_commissioner is null
        or {{ counts }}.commissioner_apart is distinct from {{ rules }}.without_commissioner
    )
{%- endmacro %}

{# A publication that lasts for several quarters is read by each of them: a month counts once, as the newest has it. #}
{% macro in_newest_reading(counts, by) -%}
    {{ counts }}.quarter = max({{ counts }}.quarter) over (partition by {{ by | join(', ') }})
{%- endmacro %}

{# ICBs that a file of later still has, and that had ended by the end of a quarter: their figures count for nobody. #}
{% macro closed_icbs() -%}
    select
        quarters.quarter,
        icbs.icb_code
    from {{ ref('quarters_in_scope') }} as quarters
    inner join {{ ref('icbs') }} as icbs on icbs.closed_on < quarters.period_end
{%- endmacro %}
