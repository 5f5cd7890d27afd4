with leagues_at_hand as (
    select distinct
        quarter,
        league
    from {{ ref('organisations') }}
),

members as (
    select
        quarters.quarter,
        league_metrics.metric_id,
        league_metrics.population,
        count(*) as leagues_expected,
        count(leagues_at_hand.league) as leagues_present
    from {{ ref('league_metrics') }} as league_metrics
    inner join {{ ref('quarters_built') }} as quarters on quarters.framework = league_metrics.framework
    left join leagues_at_hand
        on leagues_at_hand.quarter = quarters.quarter and leagues_at_hand.league = league_metrics.league
    group by quarters.quarter, league_metrics.metric_id, league_metrics.population
)

select
    quarter,
    metric_id,
    population,
    cast(leagues_expected as integer) as leagues_expected,
    cast(leagues_present as integer) as leagues_present,
    leagues_present = leagues_expected as complete
from members
where leagues_present > 0
