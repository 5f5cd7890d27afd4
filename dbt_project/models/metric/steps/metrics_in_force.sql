-- What is measured in a league in a quarter, how it is scored and among whom: whoever asks which metrics a league has
-- asks this, not the seeds. A seeded rule counts where the release goes with it, else the rule that the release shows.
-- A seeded metric that the release of its league does not have, or that nothing computes, is none. Which metrics
-- another framework has is not for a release to say. The unit is that of the values that the release has; a score alone
-- has none.
with found as (
    {{ found_metrics() }}
),

published_ids as (
    select distinct
        figures.quarter,
        figures.league,
        figures.published_id
    from {{ ref('nof_figures') }} as figures
    left join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = figures.quarter and leagues.league = figures.league and leagues.is_foreign
    where leagues.league is null
),

released as (
    select distinct
        quarter,
        league
    from published_ids
),

seeded as (
    select metrics.*
    from {{ ref('seeded_metrics') }} as metrics
    left join released on released.quarter = metrics.quarter and released.league = metrics.league
    left join {{ ref('rules_in_force') }} as computed
        on
            computed.quarter = metrics.quarter
            and computed.framework = metrics.framework
            and computed.metric_id = metrics.metric_id
    where
        (metrics.value_basis = 'computed' and computed.metric_id is not null)
        or (metrics.value_basis <> 'computed' and released.league is null)
        or exists (
            select 1
            from published_ids
            where
                published_ids.quarter = metrics.quarter
                and published_ids.league = metrics.league
                and published_ids.published_id in (metrics.metric_id, metrics.score_id)
        )
),

-- Of a metric without a row here nothing is compared: its seed counts.
agreed as (
    select
        quarter,
        league,
        metric_id,
        bool_and(agrees) filter (
            where rule in ('scoring_rule', 'polarity', 'standard', 'floor', 'matrix')
        ) as scoring,
        bool_and(agrees) filter (where rule = 'population_size') as size,
        bool_and(agrees) filter (where rule = 'precision') as as_precise,
        bool_and(agrees) filter (where rule = 'weights_together') as weights,
        bool_and(agrees) filter (where rule <> 'weights_together') as all_of_it
    from {{ ref('seed_agreement') }}
    group by quarter, league, metric_id
),

metrics as (
    select
        quarter,
        league,
        metric_id
    from seeded
    union
    select
        quarter,
        league,
        metric_id
    from found
),

judged as (
    select
        metrics.quarter,
        metrics.league,
        metrics.metric_id,
        seeded.metric_id is not null and coalesce(agreed.scoring, true) as scored_as_seeded,
        seeded.metric_id is not null and coalesce(agreed.scoring and agreed.size, true) as sized_as_seeded,
        seeded.metric_id is not null and coalesce(agreed.as_precise, true) as precise_as_seeded,
        seeded.metric_id is not null and coalesce(agreed.weights, true) as weighed_as_seeded,
        seeded.metric_id is not null and coalesce(agreed.all_of_it, true) as all_as_seeded
    from metrics
    left join seeded
        on
            seeded.quarter = metrics.quarter
            and seeded.league = metrics.league
            and seeded.metric_id = metrics.metric_id
    left join agreed
        on
            agreed.quarter = metrics.quarter
            and agreed.league = metrics.league
            and agreed.metric_id = metrics.metric_id
)

select
    leagues.quarter,
    leagues.framework,
    leagues.league,
    judged.metric_id,
    coalesce(found.score_id, seeded.score_id) as score_id,
    coalesce(seeded.title, found.title) as title,
    coalesce(domains.domain, seeded.domain) as domain,
    coalesce(
        case when lower(found.unit) in ('score', lower(seeded.unit)) then seeded.unit end, found.unit, seeded.unit
    ) as unit,
    coalesce(seeded.ignored_unit, found.ignored_unit) as ignored_unit,
    case when judged.scored_as_seeded then seeded.polarity else found.polarity end as polarity,
    case when judged.weighed_as_seeded then seeded.weight else found.weight end as weight,
    seeded.metric_group,
    case when judged.weighed_as_seeded then seeded.counted else found.counted end as counted,
    coalesce(seeded.value_basis, cast('published' as string)) as value_basis,
    case when judged.scored_as_seeded then seeded.scoring_rule else found.scoring_rule end as scoring_rule,
    case when judged.scored_as_seeded then seeded.standard else found.standard end as standard,
    case when judged.scored_as_seeded then seeded.floor else found.floor end as floor,
    case when judged.scored_as_seeded then coalesce(seeded.standard, seeded.floor) else found.threshold_low end
        as threshold_low,
    case when judged.scored_as_seeded then coalesce(seeded.standard, seeded.floor) else found.threshold_high end
        as threshold_high,
    cast(
        case
            when judged.sized_as_seeded then seeded.population
            when found.population is null or found.population = leagues.league then leagues.league
            else 'crossing_' || case leagues.league when 'icb_official' then 'icbs_' else '' end || judged.metric_id
        end as string
    ) as population,
    coalesce(not judged.sized_as_seeded and found.population <> leagues.league, false) as is_crossing,
    case
        when judged.sized_as_seeded then coalesce(seeded.population_size, found.population_size)
        else found.population_size
    end as population_size,
    cast(
        case when judged.sized_as_seeded then coalesce(seeded.size_label, 'discovered') else 'discovered' end as string
    ) as size_label,
    case when judged.precise_as_seeded then seeded.score_decimals else found.decimals end as score_decimals,
    leagues.is_foreign,
    cast(
        case
            when leagues.is_rescored then {{ weakest_label('seeded.label', "'experimental'") }}
            when judged.all_as_seeded then seeded.label
            else 'discovered'
        end as string
    ) as label
from judged
inner join {{ ref('leagues_in_force') }} as leagues
    on leagues.quarter = judged.quarter and leagues.league = judged.league
left join seeded
    on
        seeded.quarter = judged.quarter
        and seeded.league = judged.league
        and seeded.metric_id = judged.metric_id
left join found
    on
        found.quarter = judged.quarter
        and found.league = judged.league
        and found.metric_id = judged.metric_id
left join {{ ref('domains_in_force') }} as domains
    on
        domains.quarter = found.quarter
        and domains.league = found.league
        and domains.title = found.domain
