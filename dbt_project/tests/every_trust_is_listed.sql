{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'trust_league_table'}}}) }}
-- Nobody is lost between the data file and the league table, ranked or not.
select
    organisations.quarter,
    organisations.organisation_code
from {{ ref('organisations') }} as organisations
left join {{ ref('trust_league_table') }} as listed
    on listed.quarter = organisations.quarter and listed.organisation_code = organisations.organisation_code
where
    organisations.organisation_type = 'trust'
    and organisations.league is not null
    and listed.organisation_code is null
