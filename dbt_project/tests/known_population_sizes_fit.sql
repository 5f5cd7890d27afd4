{{ config(tags=['score_rank'], severity='warn', meta={'dagster': {'ref': {'name': 'population_sizes_recovered'}}}) }}
-- A population size that the framework knows does not fit the published scores: the smallest that fits was taken.
select distinct
    recovered.quarter,
    recovered.metric_id,
    recovered.population_size as size_taken,
    known.population_size as size_known
from {{ ref('population_sizes_recovered') }} as recovered
inner join {{ ref('metrics_in_force') }} as known
    on
        known.quarter = recovered.quarter
        and known.metric_id = recovered.metric_id
        and known.population = recovered.population
where recovered.population_size <> known.population_size
