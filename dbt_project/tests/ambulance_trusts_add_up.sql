{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'ambulance_responses'}}}) }}
-- Control total: the trusts of a month add up to England, and so do its regions where the CSV has them. The time series
-- has only the regions of several trusts.
{% for column in [
    'calls', 'incidents', 'category_1_incidents', 'category_1_seconds', 'category_2_incidents', 'category_2_seconds'
] -%}
    select
        min(source_sha256) as source_sha256,
        source_id,
        month,
        '{{ column }}' as counted,
        sum(case when level = 'England' then {{ column }} end) as england,
        sum(case when level = 'trust' then {{ column }} end) as sum_of_trusts,
        sum(case when level = 'region' then {{ column }} end) as sum_of_regions
    from {{ ref('ambulance_responses') }}
    group by source_id, month
    having
        sum(case when level = 'England' then {{ column }} end)
        is distinct from sum(case when level = 'trust' then {{ column }} end)
        or sum(case when level = 'region' and source_id = 'ambsys' then {{ column }} end)
        <> sum(case when level = 'England' then {{ column }} end)
    {{ '' if loop.last else 'union all' }}
{% endfor %}
