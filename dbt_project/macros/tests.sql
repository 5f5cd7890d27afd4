{# Generic data tests: a failing row is a row returned. #}

{% test unique_key(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows_found
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{% test between(model, column_name, low, high) %}
    select * from {{ model }} where {{ column_name }} < {{ low }} or {{ column_name }} > {{ high }}
{% endtest %}

{% test holds(model, condition) %}
    select * from {{ model }} where not ({{ condition }}) or ({{ condition }}) is null
{% endtest %}
