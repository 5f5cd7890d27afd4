-- What the rules of this quarter say of each metric value: which rule scores it, with which parameters, among whom.
select
    metric_values.quarter,
    metrics.framework,
    metric_values.organisation_code,
    metric_values.league,
    metric_values.metric_id,
    metric_values.value_basis,
    metric_values.value,
    metric_values.published_rank,
    metric_values.published_score,
    metrics.domain,
    metrics.polarity,
    metrics.standard,
    metrics.floor,
    cast(metrics.weight as decimal(13, 12)) as weight,
    metrics.counted as counts_in_average,
    cast(
        {{ weakest_label(weakest_label('metrics.label', 'league_metrics.label'), 'computed_metrics.label') }} as varchar
    ) as label,
    metrics.scoring_rule,
    rules.threshold,
    rules.beyond_threshold_score,
    rules.best_score,
    rules.span,
    rules.single_score,
    league_metrics.population,
    populations.leagues_expected,
    populations.complete as population_complete,
    score_precision.decimals as score_decimals
from {{ ref('metric_values') }} as metric_values
inner join {{ ref('value_bases') }} as bases
    on
        bases.quarter = metric_values.quarter
        and bases.league = metric_values.league
        and bases.metric_id = metric_values.metric_id
        and bases.value_basis = metric_values.value_basis
inner join {{ ref('quarter_frameworks') }} as quarters on quarters.quarter = metric_values.quarter
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = quarters.framework and metrics.metric_id = metric_values.metric_id
inner join {{ ref('league_metrics') }} as league_metrics
    on
        league_metrics.framework = quarters.framework
        and league_metrics.metric_id = metric_values.metric_id
        and league_metrics.league = metric_values.league
inner join {{ ref('scoring_populations') }} as populations
    on
        populations.quarter = metric_values.quarter
        and populations.metric_id = metric_values.metric_id
        and populations.population = league_metrics.population
left join {{ ref('computed_metrics') }} as computed_metrics
    on
        computed_metrics.framework = metrics.framework
        and computed_metrics.metric_id = metrics.metric_id
        and metric_values.value_basis = 'computed'
left join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
left join {{ ref('score_precision') }} as score_precision
    on score_precision.quarter = metric_values.quarter and score_precision.metric_id = metric_values.metric_id
