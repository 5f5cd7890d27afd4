{#-
The rules of a model as one data test, so that a model costs one query however many rules it has.
Every failing row is returned with the name of the rule that it breaks.

key: columns that name a row; references: columns that another table has, by its name;
holds: by name a condition on every row and the reason for it.
-#}
{% test rules(model, key=none, references={}, holds={}) %}
    {% set broken = {} %}
    {% if key %}
        {% set query %}
            select {{ key | join(', ') }}, count(*) as rows_found
            from {{ model }}
            group by {{ key | join(', ') }}
            having count(*) > 1
        {% endset %}
        {% do broken.update({'key': query}) %}
    {% endif %}
    {% for table, columns in references.items() %}
        {# What is empty refers to nothing. The release repeats each as a foreign key. #}
        {% set query %}
            select {{ columns | join(', ') }}
            from {{ model }}
            where {{ columns | join(' is not null and ') }} is not null
            except
            select {{ columns | join(', ') }}
            from {{ ref(table) }}
        {% endset %}
        {% do broken.update({'references_' ~ table: query}) %}
    {% endfor %}
    {% for name, rule in holds.items() %}
        {% set query %}
            select * from {{ model }} where not ({{ rule.condition }}) or ({{ rule.condition }}) is null
        {% endset %}
        {% do broken.update({name: query}) %}
    {% endfor %}
    {% for name, query in broken.items() %}
        select '{{ name }}' as rule, {{ row_as_json('broken') }} as row from ({{ query }}) as broken
        {{ 'union all' if not loop.last }}
    {% endfor %}
{% endtest %}
