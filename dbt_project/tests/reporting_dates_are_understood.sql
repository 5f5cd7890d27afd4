{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'reporting_periods'}}}) }}
-- A form of Reporting_date not seen before has no period; ratings have none by nature.
select
    min(figures.source_sha256) as source_sha256,
    min(figures.source_member) as source_member,
    min(figures.source_row) as source_row,
    figures.quarter,
    figures.league,
    figures.published_id,
    figures.reporting_date,
    count(*) as figures
from {{ ref('nof_figures') }} as figures
inner join {{ ref('reporting_periods') }} as periods on periods.reporting_date = figures.reporting_date
where periods.period_end is null and figures.reporting_date not like 'Latest published%'
group by figures.quarter, figures.league, figures.published_id, figures.reporting_date
