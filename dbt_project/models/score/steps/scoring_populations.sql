-- A league is there with its release, or, metric by metric, with values computed from a national publication.
with at_hand as (
    select distinct
        metric_values.quarter,
        metric_values.league,
        metric_values.metric_id,
        metric_values.value_basis
    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('value_bases') }} as bases
        on
            bases.quarter = metric_values.quarter
            and bases.league = metric_values.league
            and bases.metric_id = metric_values.metric_id
            and bases.value_basis = metric_values.value_basis
    left join {{ ref('leagues_at_hand') }} as leagues
        on leagues.quarter = metric_values.quarter and leagues.league = metric_values.league
    where
        (metric_values.value_basis = 'published' and leagues.value_basis = 'published')
        or (metric_values.value_basis = 'computed' and metric_values.status = 'reported')
),

members as (
    select
        frameworks.quarter,
        league_metrics.metric_id,
        league_metrics.population,
        count(*) as leagues_expected,
        count(at_hand.league) as leagues_present,
        count(distinct at_hand.value_basis) as bases
    from {{ ref('league_metrics') }} as league_metrics
    inner join {{ ref('quarter_frameworks') }} as frameworks on frameworks.framework = league_metrics.framework
    left join at_hand
        on
            at_hand.quarter = frameworks.quarter
            and at_hand.league = league_metrics.league
            and at_hand.metric_id = league_metrics.metric_id
    group by frameworks.quarter, league_metrics.metric_id, league_metrics.population
)

select
    quarter,
    metric_id,
    population,
    cast(leagues_expected as integer) as leagues_expected,
    cast(leagues_present as integer) as leagues_present,
    leagues_present = leagues_expected and bases = 1 as complete
from members
