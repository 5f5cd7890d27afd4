-- Whether a release goes with what the seeds say of each metric of its league. What the release leaves open agrees.
-- Weights are asked of a league as a whole: they agree where, with the scores found, no fewer averages and domain
-- scores come out than with the weights found.
{% set step = grid_step('scores.score', 'rules.best_score', 'rules.span', 'sized.size_expected') %}
{% set steps = as_double('sized.size_expected - 1') %}
with found as (
    {{ found_metrics() }}
),

grids as (
    {{ found('grids_that_fit', {'metric_id': 'varchar', 'scoring_rule': 'varchar', 'population_size': 'integer'}) }}
),

precision_tried as (
    {{ found('precision_tried', {'metric_id': 'varchar', 'decimals': 'integer', 'cells': 'integer'}) }}
),

precision_found as (
    {{ found('score_precision', {'metric_id': 'varchar', 'decimals': 'integer'}) }}
),

contradictions as (
    {{ found('contradictions', {'metric_id': 'varchar'}) }}
),

pairs_seen as (
    {{ found('score_matrix', {
        'metric_id': 'varchar',
        'row_metric_id': 'varchar',
        'row_score': 'decimal(4, 2)',
        'column_score': 'decimal(4, 2)',
        'score': 'decimal(4, 2)',
    }) }}
),

scores as (
    {{ found('scores', {
        'trust_code': 'varchar',
        'metric_id': 'varchar',
        'score': 'decimal(4, 2)',
        'score_exact': 'decimal(18, 10)',
    }) }}
),

cells as (
    {{ found('cells', {
        'trust_code': 'varchar',
        'scope': 'varchar',
        'measure': 'varchar',
        'published': 'decimal(4, 2)',
        'found': 'decimal(4, 2)',
    }) }}
),

paired as (
    select
        seeded.*,
        coalesce(seeded.standard, seeded.floor) as threshold,
        found.scoring_rule as found_rule,
        found.polarity as found_polarity,
        found.threshold_low,
        found.threshold_high,
        found.domain as found_domain,
        case when seeded.counted then seeded.weight else 0 end as seeded_weight,
        found.weight as found_weight
    from {{ ref('seeded_metrics') }} as seeded
    inner join found
        on
            found.quarter = seeded.quarter
            and found.league = seeded.league
            and found.metric_id = seeded.metric_id
),

-- Who is ranked in the leagues at hand, to be compared with a size where those are the whole population.
ranked as (
    select
        paired.quarter,
        paired.metric_id,
        paired.population,
        count(distinct paired.league) = max(paired.leagues_in_population) as is_whole,
        cast(count(*) as integer) as organisations
    from paired
    inner join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = paired.scoring_rule
    inner join scores
        on
            scores.quarter = paired.quarter
            and scores.league = paired.league
            and scores.metric_id = paired.metric_id
            and scores.score is distinct from rules.beyond_threshold_score
    group by paired.quarter, paired.metric_id, paired.population
),

sized as (
    select
        paired.*,
        coalesce(case when ranked.is_whole then ranked.organisations end, paired.population_size) as size_expected
    from paired
    left join ranked
        on
            ranked.quarter = paired.quarter
            and ranked.metric_id = paired.metric_id
            and ranked.population = paired.population
),

-- A rule that discovery did not consider fits where every score lies on its grid.
on_grid as (
    select
        sized.quarter,
        sized.league,
        sized.metric_id,
        bool_and(
            scores.score = {{ round_half_up('rules.best_score + rules.span * ' ~ step ~ ' / ' ~ steps) }}
            and {{ step }} < sized.size_expected
        ) as fits
    from sized
    inner join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = sized.scoring_rule
    inner join scores
        on
            scores.quarter = sized.quarter
            and scores.league = sized.league
            and scores.metric_id = sized.metric_id
            and scores.score is distinct from rules.beyond_threshold_score
    where sized.size_expected > 1
    group by sized.quarter, sized.league, sized.metric_id
),

fitting as (
    select
        sized.quarter,
        sized.league,
        sized.metric_id,
        count(grids.metric_id) > 0 or coalesce(bool_or(on_grid.fits), false) as rule_fits,
        coalesce(bool_or(grids.population_size = sized.size_expected), bool_or(on_grid.fits), true) as size_fits
    from sized
    left join on_grid
        on
            on_grid.quarter = sized.quarter
            and on_grid.league = sized.league
            and on_grid.metric_id = sized.metric_id
    left join grids
        on
            grids.quarter = sized.quarter
            and grids.league = sized.league
            and grids.metric_id = sized.metric_id
            and grids.scoring_rule = sized.scoring_rule
    group by sized.quarter, sized.league, sized.metric_id, sized.size_expected
),

weights as (
    select
        found.quarter,
        found.league,
        found.metric_id,
        found.domain,
        coalesce(paired.seeded_weight, found.weight) as weight
    from found
    left join paired
        on paired.quarter = found.quarter and paired.league = found.league and paired.metric_id = found.metric_id
),

with_seeded_weights as (
    select
        cells.quarter,
        cells.league,
        cells.trust_code,
        cells.scope,
        cells.published,
        cells.found,
        {{ round_half_up('sum(weights.weight * scores.score_exact) / nullif(sum(weights.weight), 0)') }} as ours
    from cells
    inner join scores
        on
            scores.quarter = cells.quarter
            and scores.league = cells.league
            and scores.trust_code = cells.trust_code
    inner join weights
        on
            weights.quarter = scores.quarter
            and weights.league = scores.league
            and weights.metric_id = scores.metric_id
            and (cells.measure = 'average_score' or weights.domain = cells.scope)
    where cells.published is not null
    group by
        cells.quarter, cells.league, cells.trust_code, cells.scope, cells.published, cells.found
),

weights_agree as (
    select
        quarter,
        league,
        count(*) filter (where ours is distinct from published)
        <= count(*) filter (where found is distinct from published) as agrees
    from with_seeded_weights
    group by quarter, league
),

heaviest as (
    select
        quarter,
        league,
        max(seeded_weight) as seeded_weight,
        max(found_weight) as found_weight
    from paired
    group by quarter, league
),

contradicted as (
    select
        quarter,
        league,
        metric_id as score_id,
        count(*) as cells
    from contradictions
    group by quarter, league, metric_id
),

bands_agree as (
    select
        paired.quarter,
        paired.league,
        paired.metric_id,
        count(*) filter (where bands.score is distinct from scores.score) <= coalesce(max(contradicted.cells), 0)
            as agrees
    from paired
    inner join scores
        on
            scores.quarter = paired.quarter
            and scores.league = paired.league
            and scores.metric_id = paired.metric_id
    inner join {{ ref('nof_figures') }} as figures
        on
            figures.quarter = paired.quarter
            and figures.league = paired.league
            and figures.published_id = paired.metric_id
            and figures.trust_code = scores.trust_code
            and figures.value is not null
            and lower(figures.unit) is distinct from paired.ignored_unit
    left join {{ ref('score_bands') }} as bands
        on
            bands.framework = paired.framework
            and bands.metric_id = paired.metric_id
            and (
                bands.lower_bound is null
                or figures.value > bands.lower_bound
                or (bands.lower_inclusive and figures.value = bands.lower_bound)
            )
            and (
                bands.upper_bound is null
                or figures.value < bands.upper_bound
                or (bands.upper_inclusive and figures.value = bands.upper_bound)
            )
    left join contradicted
        on
            contradicted.quarter = paired.quarter
            and contradicted.league = paired.league
            and contradicted.score_id = paired.score_id
    where paired.scoring_rule = 'bands'
    group by paired.quarter, paired.league, paired.metric_id
),

matrix_agrees as (
    select
        seen.quarter,
        seen.league,
        seen.metric_id,
        bool_and(cells.score is not distinct from seen.score) as agrees
    from pairs_seen as seen
    inner join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = seen.quarter and leagues.league = seen.league and {{ seeded('leagues') }}
    left join {{ ref('score_matrix') }} as cells
        on
            cells.framework = leagues.framework
            and cells.metric_id = seen.metric_id
            and cells.row_score
            = case when cells.row_metric_id = seen.row_metric_id then seen.row_score else seen.column_score end
            and cells.column_score
            = case when cells.row_metric_id = seen.row_metric_id then seen.column_score else seen.row_score end
    group by seen.quarter, seen.league, seen.metric_id
)

select
    sized.quarter,
    sized.league,
    sized.metric_id,
    sized.score_id as subject,
    cast('scoring_rule' as varchar) as rule,
    sized.scoring_rule as seeded,
    sized.found_rule as found,
    case
        when sized.scoring_rule in ('matrix', 'published_score') then true
        when sized.scoring_rule = 'bands' then sized.found_rule = 'bands' or coalesce(bands_agree.agrees, true)
        else fitting.rule_fits
    end as agrees
from sized
inner join fitting
    on fitting.quarter = sized.quarter and fitting.league = sized.league and fitting.metric_id = sized.metric_id
left join bands_agree
    on
        bands_agree.quarter = sized.quarter
        and bands_agree.league = sized.league
        and bands_agree.metric_id = sized.metric_id
union all
select quarter, league, metric_id, score_id, 'polarity', polarity, found_polarity, polarity = found_polarity
from sized
where polarity is not null and found_polarity is not null
union all
select
    quarter,
    league,
    metric_id,
    score_id,
    'threshold',
    cast(threshold as varchar),
    coalesce(cast(threshold_low as varchar), 'none') || ' to ' || coalesce(cast(threshold_high as varchar), 'none'),
    case polarity
        when 'higher'
            then coalesce(threshold_low < threshold, true) and coalesce(threshold <= threshold_high, true)
        else coalesce(threshold_low <= threshold, true) and coalesce(threshold < threshold_high, true)
    end
from sized
where threshold is not null and scoring_rule = found_rule
union all
select
    sized.quarter,
    sized.league,
    sized.metric_id,
    sized.score_id,
    'population_size',
    cast(sized.size_expected as varchar),
    cast(min(grids.population_size) as varchar),
    fitting.size_fits
from sized
inner join fitting
    on fitting.quarter = sized.quarter and fitting.league = sized.league and fitting.metric_id = sized.metric_id
inner join grids
    on
        grids.quarter = sized.quarter
        and grids.league = sized.league
        and grids.metric_id = sized.metric_id
        and grids.scoring_rule = sized.scoring_rule
where sized.size_expected is not null
group by
    sized.quarter, sized.league, sized.metric_id, sized.score_id, sized.size_expected, fitting.size_fits
union all
select
    sized.quarter,
    sized.league,
    sized.metric_id,
    sized.score_id,
    'precision',
    coalesce(sized.score_decimals || ' decimals', 'unrounded'),
    coalesce(precision_found.decimals || ' decimals', 'unrounded'),
    tried.cells >= max(other.cells)
from sized
inner join precision_tried as tried
    on
        tried.quarter = sized.quarter
        and tried.league = sized.league
        and tried.metric_id = sized.metric_id
        and tried.decimals is not distinct from sized.score_decimals
inner join precision_tried as other
    on other.quarter = sized.quarter and other.league = sized.league and other.metric_id = sized.metric_id
left join precision_found
    on
        precision_found.quarter = sized.quarter
        and precision_found.league = sized.league
        and precision_found.metric_id = sized.metric_id
group by
    sized.quarter, sized.league, sized.metric_id, sized.score_id, sized.score_decimals, precision_found.decimals,
    tried.cells
union all
select
    sized.quarter,
    sized.league,
    sized.metric_id,
    sized.score_id,
    'weight',
    cast(sized.seeded_weight as varchar),
    cast(sized.found_weight as varchar),
    coalesce(weights_agree.agrees, true)
    or abs(sized.seeded_weight * heaviest.found_weight - sized.found_weight * heaviest.seeded_weight) < 0.000001
from sized
inner join heaviest on heaviest.quarter = sized.quarter and heaviest.league = sized.league
left join weights_agree on weights_agree.quarter = sized.quarter and weights_agree.league = sized.league
union all
select sized.quarter, sized.league, sized.metric_id, sized.score_id, 'weights', null, null, weights_agree.agrees
from sized
inner join weights_agree on weights_agree.quarter = sized.quarter and weights_agree.league = sized.league
union all
select sized.quarter, sized.league, sized.metric_id, sized.score_id, 'bands', 'bands', 'other bands', bands_agree.agrees
from sized
inner join bands_agree
    on
        bands_agree.quarter = sized.quarter
        and bands_agree.league = sized.league
        and bands_agree.metric_id = sized.metric_id
union all
select
    sized.quarter,
    sized.league,
    sized.metric_id,
    sized.score_id,
    'matrix',
    'matrix',
    'other pairs',
    matrix_agrees.agrees
from sized
inner join matrix_agrees
    on
        matrix_agrees.quarter = sized.quarter
        and matrix_agrees.league = sized.league
        and matrix_agrees.metric_id = sized.metric_id
