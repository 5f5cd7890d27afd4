{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- Where the league table of a quarter was published too, it lists the trusts of the data file and no others. A trust in
-- one of both is named by its first row there.
with listed as (
    select
        quarter,
        league,
        trust_code,
        'league table' as file,
        source_sha256,
        source_member,
        source_row
    from {{ ref('nof_league_rows') }}
    union all
    select
        figures.quarter,
        figures.league,
        figures.trust_code,
        'data file' as file,
        min(figures.source_sha256),
        min(figures.source_member),
        min(figures.source_row)
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = figures.quarter
            and organisations.league = figures.league
            and organisations.organisation_code = figures.trust_code
    group by figures.quarter, figures.league, figures.trust_code
),

both_published as (
    select distinct
        quarter,
        league
    from {{ ref('nof_league_rows') }}
)

select
    min(listed.source_sha256) as source_sha256,
    min(listed.source_member) as source_member,
    min(listed.source_row) as source_row,
    listed.quarter,
    listed.league,
    listed.trust_code,
    min(listed.file) || ' only' as found_in
from listed
inner join both_published on both_published.quarter = listed.quarter and both_published.league = listed.league
group by listed.quarter, listed.league, listed.trust_code
having count(*) = 1
