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

{# Every row has a row in another table; what is empty refers to nothing. The release repeats it as a foreign key. #}
{% test references(model, table, columns) %}
    select {{ columns | join(', ') }}
    from {{ model }}
    where {{ columns | join(' is not null and ') }} is not null
    except
    select {{ columns | join(', ') }}
    from {{ ref(table) }}
{% endtest %}
