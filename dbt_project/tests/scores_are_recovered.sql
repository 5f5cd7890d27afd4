{{ config(tags=['score_rank'], severity='warn', meta={'dagster': {'ref': {'name': 'recovered_scores'}}}) }}
-- No population size fits the published scores of a metric: they were used at two decimals, and averages may be off.
select
    quarter,
    metric_id,
    count(*) as scores
from {{ ref('recovered_scores') }}
where score_basis = 'published'
group by quarter, metric_id
