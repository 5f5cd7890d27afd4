{# Of each metric that counts in a league, how its values are known and when the last of them ends. #}
{% macro scored_periods() %}
    select
        scores.quarter,
        scores.league,
        scores.metric_id,
        max(scores.value_basis) as value_basis,
        max(metric_values.period_end) as period_end
    from {{ ref('metric_scores') }} as scores
    left join {{ ref('metric_values') }} as metric_values
        on
            metric_values.quarter = scores.quarter
            and metric_values.organisation_code = scores.organisation_code
            and metric_values.metric_id = scores.metric_id
            and metric_values.value_basis = scores.value_basis
    where scores.counted
    group by scores.quarter, scores.league, scores.metric_id
{% endmacro %}
