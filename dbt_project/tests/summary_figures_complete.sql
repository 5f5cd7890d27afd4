{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A truncated data file loses summary rows: each trust has the four of every quarter, and the two of the improvement
-- programme, which some quarters do not carry, where any trust of its league has them. Another framework has others.
with carried as (
    select distinct
        quarter,
        league,
        published_id
    from {{ ref('nof_figures') }}
),

files as (
    select
        quarter,
        league,
        min(source_sha256) as source_sha256,
        min(source_member) as source_member
    from {{ ref('nof_figures') }}
    group by quarter, league
)

select
    files.source_sha256,
    files.source_member,
    figures.source_row,
    organisations.quarter,
    organisations.league,
    organisations.organisation_code,
    measures.measure,
    measures.published_id,
    case when figures.source_row is null then 'no row' else 'a row without a figure' end as found
from {{ ref('organisations') }} as organisations
inner join {{ ref('summary_measures_in_force') }} as measures
    on measures.quarter = organisations.quarter and measures.league = organisations.league
inner join {{ ref('leagues_in_force') }} as in_force
    on
        in_force.quarter = organisations.quarter
        and in_force.league = organisations.league
        and not in_force.is_foreign
inner join {{ ref('league_value_basis') }} as leagues
    on
        leagues.quarter = organisations.quarter
        and leagues.league = organisations.league
        and leagues.value_basis = 'published'
left join carried
    on
        carried.quarter = organisations.quarter
        and carried.league = organisations.league
        and carried.published_id = measures.published_id
left join files on files.quarter = organisations.quarter and files.league = organisations.league
left join {{ ref('nof_figures') }} as figures
    on
        figures.quarter = organisations.quarter
        and figures.league = organisations.league
        and figures.trust_code = organisations.organisation_code
        and figures.published_id = measures.published_id
where
    figures.value is null
    and (
        carried.published_id is not null
        or measures.measure in ('adjusted_segment', 'average_score', 'unadjusted_segment', 'financial_override')
    )
