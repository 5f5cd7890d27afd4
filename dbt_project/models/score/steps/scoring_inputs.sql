-- The rule that scores each value that counts, its parameters, and whether everybody it is ranked among is at hand.
with valued as (
    select
        metric_values.*,
        quarters.framework,
        league_metrics.population,
        league_metrics.label as league_label
    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('scored_value_basis') }} as bases
        on
            bases.quarter = metric_values.quarter
            and bases.league = metric_values.league
            and bases.metric_id = metric_values.metric_id
            and bases.value_basis = metric_values.value_basis
    inner join {{ ref('quarter_frameworks') }} as quarters on quarters.quarter = metric_values.quarter
    inner join {{ ref('league_metrics') }} as league_metrics
        on
            league_metrics.framework = quarters.framework
            and league_metrics.metric_id = metric_values.metric_id
            and league_metrics.league = metric_values.league
),

-- A league is there with its release, or, metric by metric, with values computed from a national publication.
present as (
    select distinct
        valued.quarter,
        valued.league,
        valued.metric_id,
        valued.value_basis
    from valued
    left join {{ ref('league_value_basis') }} as leagues
        on leagues.quarter = valued.quarter and leagues.league = valued.league
    where
        (valued.value_basis = 'published' and leagues.value_basis = 'published')
        or (valued.value_basis = 'computed' and valued.status = 'reported')
),

populations as (
    select
        quarters.quarter,
        league_metrics.metric_id,
        league_metrics.population,
        cast(count(*) as integer) as leagues_expected,
        count(*) = count(present.league) and count(distinct present.value_basis) = 1 as complete
    from {{ ref('league_metrics') }} as league_metrics
    inner join {{ ref('quarter_frameworks') }} as quarters on quarters.framework = league_metrics.framework
    left join present
        on
            present.quarter = quarters.quarter
            and present.league = league_metrics.league
            and present.metric_id = league_metrics.metric_id
    group by quarters.quarter, league_metrics.metric_id, league_metrics.population
)

select
    valued.quarter,
    valued.framework,
    valued.organisation_code,
    valued.league,
    valued.metric_id,
    valued.value_basis,
    valued.value,
    valued.published_rank,
    valued.published_score,
    metrics.domain,
    metrics.polarity,
    metrics.standard,
    metrics.floor,
    cast(metrics.weight as decimal(13, 12)) as weight,
    metrics.counted as counts_in_average,
    cast(
        {{ weakest_label(weakest_label('metrics.label', 'valued.league_label'), 'computed.label') }} as varchar
    ) as label,
    metrics.scoring_rule,
    rules.threshold,
    rules.beyond_threshold_score,
    rules.best_score,
    rules.span,
    rules.single_score,
    valued.population,
    populations.leagues_expected,
    populations.complete as population_complete,
    score_precision.decimals as score_decimals
from valued
inner join populations
    on
        populations.quarter = valued.quarter
        and populations.metric_id = valued.metric_id
        and populations.population = valued.population
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = valued.framework and metrics.metric_id = valued.metric_id
left join {{ ref('rules_in_force') }} as computed
    on
        computed.quarter = valued.quarter
        and computed.framework = valued.framework
        and computed.metric_id = valued.metric_id
        and valued.value_basis = 'computed'
left join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
left join {{ ref('score_precision') }} as score_precision
    on score_precision.quarter = valued.quarter and score_precision.metric_id = valued.metric_id
