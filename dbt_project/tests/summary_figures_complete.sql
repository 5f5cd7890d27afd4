{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A truncated data file loses summary rows first: each trust has all four that every quarter carries.
select
    organisations.quarter,
    organisations.organisation_code,
    measures.measure,
    measures.published_id
from {{ ref('organisations') }} as organisations
inner join {{ ref('quarters_built') }} as quarters on quarters.quarter = organisations.quarter
inner join {{ ref('summary_measures') }} as measures on measures.framework = quarters.framework
left join {{ ref('nof_figures') }} as figures
    on
        figures.quarter = organisations.quarter
        and figures.trust_code = organisations.organisation_code
        and figures.published_id = measures.published_id
where
    measures.measure in ('adjusted_segment', 'average_score', 'unadjusted_segment', 'financial_override')
    and figures.value is null
