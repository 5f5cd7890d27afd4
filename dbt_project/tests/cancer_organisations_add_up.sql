{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'cancer_waits'}}}) }}
-- Control total: the organisations of a table add up to its England row; within and after, and the bands of days,
-- add up to the total of every row.
select
    min(source_sha256) as source_sha256,
    month,
    basis,
    standard,
    block,
    sum(case when is_england then total end) as england,
    sum(case when not is_england then total end) as sum_of_organisations,
    sum(case when is_england then within end) as england_within,
    sum(case when not is_england then within end) as sum_of_within,
    count(case when within + after <> total or sum_of_bands <> total then 1 end) as rows_that_do_not_add_up,
    min(case when within + after <> total or sum_of_bands <> total then source_row end) as first_such_row
from {{ ref('cancer_waits') }}
group by month, basis, standard, block
having
    sum(case when is_england then total end) is distinct from sum(case when not is_england then total end)
    or sum(case when is_england then within end) is distinct from sum(case when not is_england then within end)
    or count(case when within + after <> total or sum_of_bands <> total then 1 end) > 0
