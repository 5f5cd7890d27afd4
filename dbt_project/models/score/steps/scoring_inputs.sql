-- The rule that scores each value that counts, its parameters, and whether everybody it is ranked among is at hand.
with valued as (
    select metric_values.*
    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('scored_value_basis') }} as bases
        on
            bases.quarter = metric_values.quarter
            and bases.league = metric_values.league
            and bases.metric_id = metric_values.metric_id
            and bases.value_basis = metric_values.value_basis
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
        metrics.quarter,
        metrics.framework,
        metrics.metric_id,
        metrics.population,
        cast(count(*) as integer) as leagues_expected,
        count(*) = count(present.league) and count(distinct present.value_basis) = 1 as complete,
        max(metrics.population_size) as population_size
    from {{ ref('metrics_in_force') }} as metrics
    left join present
        on
            present.quarter = metrics.quarter
            and present.league = metrics.league
            and present.metric_id = metrics.metric_id
    group by metrics.quarter, metrics.framework, metrics.metric_id, metrics.population
),

-- A population that the release alone shows may hold more than the leagues at hand.
ranked as (
    select
        valued.quarter,
        metrics.framework,
        metrics.metric_id,
        metrics.population,
        count(*) as organisations
    from valued
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = valued.quarter
            and metrics.league = valued.league
            and metrics.metric_id = valued.metric_id
            and metrics.is_crossing
    left join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
    where valued.published_score is distinct from rules.beyond_threshold_score and valued.published_score is not null
    group by valued.quarter, metrics.framework, metrics.metric_id, metrics.population
)

select
    valued.quarter,
    metrics.framework,
    valued.organisation_code,
    valued.league,
    valued.metric_id,
    valued.value_basis,
    valued.value,
    valued.unit,
    valued.published_rank,
    valued.published_score,
    metrics.domain,
    metrics.polarity,
    metrics.standard,
    metrics.floor,
    metrics.weight,
    metrics.counted as counts_in_average,
    cast({{ weakest_label('metrics.label', 'computed.label') }} as string) as label,
    metrics.scoring_rule,
    rules.threshold,
    rules.beyond_threshold_score,
    rules.best_score,
    rules.span,
    rules.single_score,
    metrics.population,
    populations.leagues_expected,
    populations.complete and coalesce(ranked.organisations = populations.population_size, true) as population_complete,
    metrics.score_decimals,
    metrics.population_size as size_in_force,
    metrics.size_label
from valued
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = valued.quarter
        and metrics.league = valued.league
        and metrics.metric_id = valued.metric_id
inner join populations
    on
        populations.quarter = metrics.quarter
        and populations.framework = metrics.framework
        and populations.metric_id = metrics.metric_id
        and populations.population = metrics.population
left join ranked
    on
        ranked.quarter = metrics.quarter
        and ranked.framework = metrics.framework
        and ranked.metric_id = metrics.metric_id
        and ranked.population = metrics.population
left join {{ ref('rules_in_force') }} as computed
    on
        computed.quarter = valued.quarter
        and computed.framework = metrics.framework
        and computed.metric_id = valued.metric_id
        and valued.value_basis = 'computed'
left join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
