-- What our own values come to, of a population that they cover: of a league with its release the trusts that it scores,
-- of another all that are counted. A league may be ranked by published values, and the population still be here.
with computed as (
    select
        metric_values.*,
        published.published_score
    from {{ ref('metric_values') }} as metric_values
    left join {{ ref('metric_values') }} as published
        on
            published.quarter = metric_values.quarter
            and published.organisation_code = metric_values.organisation_code
            and published.metric_id = metric_values.metric_id
            and published.value_basis = 'published'
    left join {{ ref('league_value_basis') }} as leagues
        on leagues.quarter = metric_values.quarter and leagues.league = metric_values.league
    where
        metric_values.value_basis = 'computed'
        and metric_values.status = 'reported'
        and (coalesce(leagues.value_basis, 'computed') = 'computed' or published.published_score is not null)
),

ruled as (
    select
        metrics.quarter,
        metrics.league,
        metrics.metric_id,
        metrics.framework,
        metrics.population,
        metrics.polarity,
        metrics.standard,
        metrics.floor,
        rules.threshold,
        rules.beyond_threshold_score,
        rules.best_score,
        rules.span,
        rules.single_score,
        count(*) over (
            partition by metrics.quarter, metrics.framework, metrics.metric_id, metrics.population
        ) as leagues_expected
    from {{ ref('metrics_in_force') }} as metrics
    inner join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
),

placed as (
    select
        ruled.*,
        computed.organisation_code,
        computed.value,
        {{ beyond_threshold() }} as beyond_threshold
    from computed
    inner join ruled
        on
            ruled.quarter = computed.quarter
            and ruled.league = computed.league
            and ruled.metric_id = computed.metric_id
),

complete as (
    select
        quarter,
        framework,
        metric_id,
        population
    from placed
    group by quarter, framework, metric_id, population
    having count(distinct league) = max(leagues_expected)
),

ranked as (
    select
        placed.*,
        cast(count(*) over (
            partition by placed.quarter, placed.framework, placed.metric_id, placed.population, placed.beyond_threshold
        ) as integer) as population_size,
        cast(rank() over (
            partition by placed.quarter, placed.framework, placed.metric_id, placed.population, placed.beyond_threshold
            order by case placed.polarity when 'higher' then -placed.value else placed.value end nulls last
        ) as integer) as rank_in_population
    from placed
    inner join complete
        on
            complete.quarter = placed.quarter
            and complete.framework = placed.framework
            and complete.metric_id = placed.metric_id
            and complete.population = placed.population
)

select
    quarter,
    organisation_code,
    metric_id,
    population_size,
    rank_in_population,
    {{ score_of_place() }} as score
from ranked
