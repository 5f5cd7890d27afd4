{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'cancer_cuts'}}}) }}
-- Control total: the organisations of what counts add up to England where the form has it. The data extract does not:
-- there the modalities of a 62-day wait come to the same as its cancers. Within and after make the total of every row.
with cuts as (
    select
        *,
        upper(modality) not in ('', 'ALL MODALITIES') and upper(cancer_type) = 'ALL CANCERS' as is_of_a_modality
    from {{ ref('cancer_cuts') }}
),

rows_that_do_not as (
    select
        source_id,
        month,
        basis,
        standard,
        count(*) as rows_that_do_not_add_up,
        min(source_row) as first_such_row
    from cuts
    where within + after <> total
    group by source_id, month, basis, standard
),

summed as (
    select
        min(source_sha256) as source_sha256,
        source_id,
        month,
        basis,
        standard,
        sum(case when is_england and measure is not null then total end) as england,
        sum(case when not is_england and measure is not null then total end) as sum_of_organisations,
        sum(case when is_england and measure is not null then within end) as england_within,
        sum(case when not is_england and measure is not null then within end) as sum_of_within,
        sum(case when is_of_a_modality then total end) as sum_of_modalities,
        sum(case when is_of_a_modality then within end) as sum_of_modalities_within
    from cuts
    where standard in ('28-day', '62-day')
    group by source_id, month, basis, standard
)

select
    summed.*,
    rows_that_do_not.rows_that_do_not_add_up,
    rows_that_do_not.first_such_row
from summed
left join rows_that_do_not
    on
        rows_that_do_not.source_id = summed.source_id
        and rows_that_do_not.month = summed.month
        and rows_that_do_not.basis = summed.basis
        and rows_that_do_not.standard = summed.standard
where
    rows_that_do_not.rows_that_do_not_add_up > 0
    or (
        summed.source_id <> 'cancer_extract'
        and (
            summed.england is distinct from summed.sum_of_organisations
            or summed.england_within is distinct from summed.sum_of_within
        )
    )
    or (
        summed.source_id = 'cancer_extract'
        and summed.standard = '62-day'
        and (
            summed.sum_of_modalities is distinct from summed.sum_of_organisations
            or summed.sum_of_modalities_within is distinct from summed.sum_of_within
        )
    )
