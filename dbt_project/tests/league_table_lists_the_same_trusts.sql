{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- Where the league table of a quarter was published too, it lists the trusts of the data file and no others.
with both_published as (
    select distinct
        quarter,
        league
    from {{ ref('nof_league_rows') }}
),

in_data as (
    select
        organisations.quarter,
        organisations.league,
        organisations.organisation_code as trust_code
    from {{ ref('organisations') }} as organisations
    inner join both_published
        on both_published.quarter = organisations.quarter and both_published.league = organisations.league
)

select
    coalesce(in_data.quarter, listed.quarter) as quarter,
    coalesce(in_data.trust_code, listed.trust_code) as trust_code,
    case when in_data.trust_code is null then 'league table only' else 'data file only' end as found_in
from in_data
full outer join {{ ref('nof_league_rows') }} as listed
    on
        listed.quarter = in_data.quarter
        and listed.league = in_data.league
        and listed.trust_code = in_data.trust_code
where in_data.trust_code is null or listed.trust_code is null
