{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'metric_values'}}}) }}
-- An organisation in two leagues has no metric in both: what it has of a metric is looked up without its league.
select
    quarter,
    organisation_code,
    metric_id,
    min(league) as one_league,
    max(league) as other_league
from {{ ref('metric_values') }}
where league is not null
group by quarter, organisation_code, metric_id
having count(distinct league) > 1
