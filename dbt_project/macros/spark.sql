{#- What `engines.sql` names, as Spark writes it. `\z`: a `$` of Java matches before a last line break, too. -#}

{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, '^({{ pattern }})\z')
{%- endmacro %}

{% macro spark__is_digits(text) -%}
    {{ text }} rlike '^[0-9]{0,15}\z'
{%- endmacro %}

{% macro spark__whole_number(text) -%}
    try_cast(nullif({{ text }}, '') as bigint)
{%- endmacro %}

{% macro spark__has(text, pattern) -%}
    regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__replaced(text, pattern, by) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}')
{%- endmacro %}

{% macro spark__each_part(text, pattern, form) -%}
    array_join(transform(regexp_extract_all({{ text }}, '{{ pattern }}', 0), word -> {{ form }}), '')
{%- endmacro %}

{# Two `listagg(distinct ...)` in one select end Spark 4.3 with a ClassCastException. #}
{% macro spark__joined(text, separator, by, distinct) -%}
    {%- if distinct -%}
        case when count({{ text }}) > 0 then array_join(array_sort(collect_set({{ text }})), '{{ separator }}') end
    {%- else -%}
        listagg({{ text }}, '{{ separator }}') within group (order by {{ by }} nulls last)
    {%- endif -%}
{%- endmacro %}

{% macro spark__a_row_each(columns) -%}
    {%- set lists = [] -%}
    {%- for values in columns.values() -%}
        {%- set _ = lists.append(values if values is string else as_list(values)) -%}
    {%- endfor -%}
    inline(arrays_zip({{ lists | join(', ') }})) as ({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__parts_of(text, separator) -%}
    split({{ text }}, '{{ separator }}')
{%- endmacro %}

{% macro spark__as_list(values) -%}
    array({{ values | join(', ') }})
{%- endmacro %}

{% macro spark__date_of(text, forms) -%}
    {%- set letters = {
        '%Y%m%d': 'yyyyMMdd', '%Y': 'yyyy', '%y': 'yy', '%B': 'MMMM', '%b': 'MMM', '%m': 'M', '%d': 'd',
        '%H': 'H', '%M': 'm', '%S': 's'
    } -%}
    {%- set dates = [] -%}
    {%- for form in forms -%}
        {%- set java = namespace(form=form) -%}
        {%- for letter, its in letters.items() -%}
            {%- set java.form = java.form | replace(letter, its) -%}
        {%- endfor -%}
        {%- set read = 'to_timestamp' if loop.last else 'try_to_timestamp' -%}
        {%- set _ = dates.append(read ~ '(' ~ text ~ ", '" ~ java.form ~ "')") -%}
    {%- endfor -%}
    cast(coalesce({{ dates | join(', ') }}) as date)
{%- endmacro %}

{% macro spark__months_after(date, months) -%}
    add_months({{ date }}, cast({{ months }} as integer))
{%- endmacro %}

{% macro spark__month_name(date) -%}
    date_format({{ date }}, 'MMMM')
{%- endmacro %}

{% macro spark__as_whole(expression) -%}
    cast({{ expression }} as decimal(38, 0))
{%- endmacro %}

{# `div` is a bigint, and says nothing where the quotient is none. #}
{% macro spark__whole_quotient(dividend, divisor) -%}
    cast((({{ dividend }}) - ({{ dividend }}) % ({{ divisor }})) / ({{ divisor }}) as decimal(38, 0))
{%- endmacro %}

{% macro spark__json_field(object, name) -%}
    get_json_object({{ object }}, '$.{{ name }}')
{%- endmacro %}

{% macro spark__row_as_json(table) -%}
    to_json(struct({{ table }}.*))
{%- endmacro %}
