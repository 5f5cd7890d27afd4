{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- A publication that lacks many of a league ranks the rest wrongly, whatever its own sums say: a file cut short.
select
    metric_values.quarter,
    metric_values.league,
    metric_values.metric_id,
    rules.publication,
    count(case when metric_values.status = 'reported' then 1 end) as members_with_a_value,
    count(*) as members,
    rules.members_needed,
    min(case when metric_values.status <> 'reported' then metric_values.organisation_code end) as without_one_such_as
from {{ ref('metric_values') }} as metric_values
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = metric_values.quarter
        and metrics.league = metric_values.league
        and metrics.metric_id = metric_values.metric_id
inner join {{ ref('rules_in_force') }} as rules
    on
        rules.quarter = metric_values.quarter
        and rules.framework = metrics.framework
        and rules.metric_id = metric_values.metric_id
where metric_values.value_basis = 'computed' and metric_values.status <> 'not_applicable'
group by
    metric_values.quarter,
    metric_values.league,
    metric_values.metric_id,
    rules.publication,
    rules.members_needed
having
    count(case when metric_values.status = 'reported' then 1 end) > 0
    and count(case when metric_values.status = 'reported' then 1 end) < rules.members_needed * count(*)
