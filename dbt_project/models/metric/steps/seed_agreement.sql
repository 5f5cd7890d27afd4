-- Whether a release goes with what the seeds say of each metric of its league. What the release leaves open agrees.
-- Weights are asked of a league as a whole: they agree where, with the scores found, no fewer averages and domain
-- scores come out than with the weights found.
{% set step = grid_step('scores.score', 'rules.best_score', 'rules.span', 'sized.size_expected') %}
{% set steps = as_double('sized.size_expected - 1') %}
with found as (
    {{ found_metrics() }}
),

grids as (
    {{ found('grids_that_fit', {'metric_id': 'string', 'scoring_rule': 'string', 'population_size': 'integer'}) }}
),

pairs_seen as (
    {{ found('score_matrix', {
        'metric_id': 'string',
        'row_metric_id': 'string',
        'row_score': 'decimal(4, 2)',
        'column_score': 'decimal(4, 2)',
        'score': 'decimal(4, 2)',
    }) }}
),

scores as (
    {{ found('scores', {
        'trust_code': 'string',
        'metric_id': 'string',
        'score': 'decimal(4, 2)',
        'score_exact': 'decimal(18, 10)',
        'value': 'decimal(18, 6)',
        'in_line': 'boolean',
    }) }}
),

cells as (
    {{ found('cells', {
        'trust_code': 'string',
        'scope': 'string',
        'measure': 'string',
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
        found.decimals,
        case when seeded.score_decimals is null then found.cells_unrounded else found.cells_rounded end
            as cells_as_seeded,
        greatest(found.cells_unrounded, found.cells_rounded) as cells_at_best,
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

-- Discovery does not consider a threshold that everybody is on one side of. It fits where every score lies on its grid.
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

sizes_that_fit as (
    select
        quarter,
        league,
        metric_id,
        scoring_rule,
        min(population_size) as smallest
    from grids
    group by quarter, league, metric_id, scoring_rule
),

bands_agree as (
    select
        scores.quarter,
        scores.league,
        scores.metric_id,
        bool_and(scores.score is not distinct from bands.score) as agrees
    from paired
    inner join scores
        on
            scores.quarter = paired.quarter
            and scores.league = paired.league
            and scores.metric_id = paired.metric_id
            and scores.value is not null
            and scores.in_line
    left join {{ ref('score_bands') }} as bands
        on
            bands.framework = paired.framework
            and bands.metric_id = paired.metric_id
            and {{ in_band('scores.value') }}
    where paired.scoring_rule = 'bands'
    group by scores.quarter, scores.league, scores.metric_id
),

matrix_agrees as (
    select
        seen.quarter,
        seen.league,
        seen.metric_id,
        bool_and(cells.score is not distinct from seen.score) as agrees
    from paired
    inner join pairs_seen as seen
        on seen.quarter = paired.quarter and seen.league = paired.league and seen.metric_id = paired.metric_id
    left join {{ ref('score_matrix') }} as cells
        on
            cells.framework = paired.framework
            and cells.metric_id = seen.metric_id
            and cells.row_score
            = case when cells.row_metric_id = seen.row_metric_id then seen.row_score else seen.column_score end
            and cells.column_score
            = case when cells.row_metric_id = seen.row_metric_id then seen.column_score else seen.row_score end
    where paired.scoring_rule = 'matrix'
    group by seen.quarter, seen.league, seen.metric_id
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

means as (
    select
        cells.quarter,
        cells.league,
        coalesce(cells.found <> cells.published, true) as is_missed,
        coalesce(
            {{ weighted_mean('weights.weight', 'scores.score_exact') }} <> cells.published,
            true
        ) as is_missed_as_seeded
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
        count(*) filter (where is_missed_as_seeded) <= count(*) filter (where is_missed) as agrees
    from means
    group by quarter, league
),

compared as (
    select
        sized.*,
        sizes_that_fit.smallest as smallest_size,
        size_fits.population_size is not null as size_fits,
        sizes_that_fit.smallest is not null or coalesce(on_grid.fits, false) as rule_fits,
        coalesce(bands_agree.agrees, true) as bands_agree,
        matrix_agrees.agrees as matrix_agrees,
        weights_agree.agrees as weights_agree,
        max(sized.seeded_weight) over league as heaviest_seeded,
        max(sized.found_weight) over league as heaviest_found
    from sized
    left join on_grid
        on
            on_grid.quarter = sized.quarter
            and on_grid.league = sized.league
            and on_grid.metric_id = sized.metric_id
    left join sizes_that_fit
        on
            sizes_that_fit.quarter = sized.quarter
            and sizes_that_fit.league = sized.league
            and sizes_that_fit.metric_id = sized.metric_id
            and sizes_that_fit.scoring_rule = sized.scoring_rule
    left join grids as size_fits
        on
            size_fits.quarter = sized.quarter
            and size_fits.league = sized.league
            and size_fits.metric_id = sized.metric_id
            and size_fits.scoring_rule = sized.scoring_rule
            and size_fits.population_size = sized.size_expected
    left join bands_agree
        on
            bands_agree.quarter = sized.quarter
            and bands_agree.league = sized.league
            and bands_agree.metric_id = sized.metric_id
    left join matrix_agrees
        on
            matrix_agrees.quarter = sized.quarter
            and matrix_agrees.league = sized.league
            and matrix_agrees.metric_id = sized.metric_id
    left join weights_agree
        on weights_agree.quarter = sized.quarter and weights_agree.league = sized.league
    window league as (partition by sized.quarter, sized.league)
),

{% set rules = [
    (
        "'scoring_rule'", 'scoring_rule', 'found_rule',
        "case when scoring_rule in ('matrix', 'published_score') then true "
        ~ "when scoring_rule = 'bands' then found_rule = 'bands' or bands_agree else rule_fits end",
    ),
    ("'polarity'", 'polarity', 'found_polarity', 'polarity = found_polarity'),
    (
        "case when standard is null then 'floor' else 'standard' end", plain_number('threshold'),
        "coalesce(" ~ plain_number('threshold_low') ~ ", 'none') || ' to ' || "
        ~ "coalesce(" ~ plain_number('threshold_high') ~ ", 'none')",
        "case when threshold is null or scoring_rule <> found_rule then null "
        ~ "when polarity = 'higher' then coalesce(threshold_low < threshold, true) "
        ~ "and coalesce(threshold <= threshold_high, true) "
        ~ "else coalesce(threshold_low <= threshold, true) and coalesce(threshold < threshold_high, true) end",
    ),
    (
        "'population_size'", 'cast(size_expected as string)', 'cast(smallest_size as string)',
        'case when size_expected is not null and smallest_size is not null then size_fits end',
    ),
    (
        "'precision'", "coalesce(score_decimals || ' decimals', 'unrounded')",
        "coalesce(decimals || ' decimals', 'unrounded')", 'cells_as_seeded >= cells_at_best',
    ),
    (
        "'weight'", plain_number('seeded_weight'), plain_number('found_weight'),
        'coalesce(weights_agree, true) '
        ~ 'or abs(seeded_weight * heaviest_found - found_weight * heaviest_seeded) < 0.000001',
    ),
    ("'weights_together'", 'null', 'null', 'weights_agree'),
    ("'bands'", "'bands'", "'other bands'", "case when scoring_rule = 'bands' then bands_agree end"),
    ("'matrix'", "'matrix'", "'other pairs'", 'matrix_agrees'),
] -%}

answers as (
    select
        quarter,
        league,
        metric_id,
        score_id as subject,
        label,
        {{ a_row_each({
            'rule': rules | map(attribute=0) | list,
            'seeded': rules | map(attribute=1) | list,
            'found': rules | map(attribute=2) | list,
            'agrees': rules | map(attribute=3) | list,
        }) }}
    from compared
)

select
    quarter,
    league,
    metric_id,
    subject,
    cast(rule as string) as rule,
    cast(seeded as string) as seeded,
    cast(found as string) as found,
    agrees,
    label
from answers
where agrees is not null
