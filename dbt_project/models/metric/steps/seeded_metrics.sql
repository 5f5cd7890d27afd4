-- What the seeds say of each metric of a league: whether the release goes with it is not asked here. Sizes and decimals
-- of a quarter are those of the framework that was in force in it.
select
    leagues.quarter,
    leagues.framework,
    leagues.league,
    cast(metrics.metric_id as string) as metric_id,
    cast(metrics.score_id as string) as score_id,
    cast(metrics.title as string) as title,
    cast(metrics.domain as string) as domain,
    cast(metrics.unit as string) as unit,
    metrics.ignored_unit,
    metrics.polarity,
    metrics.weight,
    metrics.metric_group,
    metrics.counted,
    cast(metrics.value_basis as string) as value_basis,
    cast(metrics.scoring_rule as string) as scoring_rule,
    metrics.standard,
    metrics.floor,
    cast(league_metrics.population as string) as population,
    sizes.population_size,
    sizes.label as size_label,
    score_precision.decimals as score_decimals,
    cast(count(*) over population as integer) as leagues_in_population,
    cast({{ weakest_label('metrics.label', 'league_metrics.label') }} as string) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('league_metrics') }} as league_metrics
    on league_metrics.framework = leagues.framework and league_metrics.league = leagues.league
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = leagues.framework and metrics.metric_id = league_metrics.metric_id
left join {{ ref('population_sizes') }} as sizes
    on
        sizes.quarter = leagues.quarter
        and sizes.metric_id = league_metrics.metric_id
        and sizes.population = league_metrics.population
        and not coalesce(leagues.is_foreign, false)
left join {{ ref('score_precision') }} as score_precision
    on
        score_precision.quarter = leagues.quarter
        and score_precision.metric_id = league_metrics.metric_id
        and not coalesce(leagues.is_foreign, false)
where {{ seeded('leagues') }}
window
    population as (
        partition by leagues.quarter, leagues.framework, league_metrics.metric_id, league_metrics.population
    )
