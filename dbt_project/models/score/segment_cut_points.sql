-- Quartiles over all organisations where the framework says so, all its leagues are at hand and they part the published
-- segments, else the bounds in force. Published segments say nothing of a framework that was not in force.
with methods as (
    select
        leagues.quarter,
        leagues.framework,
        max(leagues.segment_method) = 'quartiles_of_all_providers'
        and count(*) = count(case when at_hand.value_basis = leagues.value_basis then 1 end) as by_quartiles,
        coalesce(bool_or(leagues.is_rescored), false) as is_rescored,
        coalesce(bool_or(leagues.is_foreign), false) as is_foreign
    from {{ ref('leagues_in_force') }} as leagues
    left join {{ ref('league_value_basis') }} as at_hand
        on at_hand.quarter = leagues.quarter and at_hand.league = leagues.league
    group by leagues.quarter, leagues.framework
),

-- The leagues of a framework share its cut points, so what is known of each narrows them.
bounds as (
    select
        quarter,
        framework,
        scope,
        better_segment,
        max(largest_in_better) as largest_in_better,
        min(smallest_in_worse) as smallest_in_worse,
        max(basis) as basis,
        {{ weakest_label_of('label') }} as label
    from {{ ref('cut_points_in_force') }}
    group by quarter, framework, scope, better_segment
),

quartiles as (
    select
        scores.quarter,
        scores.framework,
        scores.scope,
        percentile_cont(0.25) within group (order by {{ as_double('scores.score') }}) as cut_1,
        percentile_cont(0.50) within group (order by {{ as_double('scores.score') }}) as cut_2,
        percentile_cont(0.75) within group (order by {{ as_double('scores.score') }}) as cut_3
    from {{ ref('scores_to_segment') }} as scores
    inner join methods
        on methods.quarter = scores.quarter and methods.framework = scores.framework and methods.by_quartiles
    group by scores.quarter, scores.framework, scores.scope
),

published as (
    select
        figures.quarter,
        figures.league,
        figures.trust_code,
        domains.domain as scope,
        figures.value as segment
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('domains_in_force') }} as domains
        on
            domains.quarter = figures.quarter
            and domains.league = figures.league
            and domains.segment_id = figures.published_id
    union all
    select
        figures.quarter,
        figures.league,
        figures.trust_code,
        'overall' as scope,
        figures.value as segment
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('summary_measures_in_force') }} as measures
        on
            measures.quarter = figures.quarter
            and measures.league = figures.league
            and measures.published_id = figures.published_id
            and measures.measure = 'unadjusted_segment'
),

compared as (
    select
        quartiles.quarter,
        quartiles.framework,
        quartiles.scope,
        cast({{ segment_of('scores.score') }} <> published.segment as integer) as differs
    from quartiles
    inner join methods
        on methods.quarter = quartiles.quarter and methods.framework = quartiles.framework and not methods.is_foreign
    inner join {{ ref('scores_to_segment') }} as scores
        on
            scores.quarter = quartiles.quarter
            and scores.framework = quartiles.framework
            and scores.scope = quartiles.scope
    inner join published
        on
            published.quarter = scores.quarter
            and published.league = scores.league
            and published.trust_code = scores.organisation_code
            and published.scope = scores.scope
),

-- Quartiles that put more into another segment than published than the gate on `agreement` allows are not how NHS
-- England cut. One figure alone may be a misprint.
contradicted as (
    select
        quarter,
        framework,
        scope
    from compared
    group by quarter, framework, scope
    having sum(differs) > 1 and avg(differs) > {{ level('share_unexplained') }}
),

chosen as (
    select
        quartiles.quarter,
        quartiles.framework,
        quartiles.scope,
        {{ a_row_each({
            'better_segment': [1, 2, 3], 'cut_point': ['quartiles.cut_1', 'quartiles.cut_2', 'quartiles.cut_3']
        }) }}
    from quartiles
    left join contradicted
        on
            contradicted.quarter = quartiles.quarter
            and contradicted.framework = quartiles.framework
            and contradicted.scope = quartiles.scope
    where contradicted.scope is null
)

select
    chosen.quarter,
    chosen.framework,
    chosen.scope,
    cast(chosen.better_segment as integer) as better_segment,
    cast(chosen.cut_point as decimal(9, 6)) as cut_point,
    cast('quartiles' as string) as cut_point_basis,
    cast(case when methods.is_rescored then 'experimental' else 'inferred' end as string) as label
from chosen
inner join methods on methods.quarter = chosen.quarter and methods.framework = chosen.framework
union all
select
    bounds.quarter,
    bounds.framework,
    bounds.scope,
    bounds.better_segment,
    cast({{ as_double('bounds.largest_in_better + bounds.smallest_in_worse') }} / 2 as decimal(9, 6)),
    bounds.basis,
    case
        when methods.is_rescored then 'experimental'
        when bounds.largest_in_better = bounds.smallest_in_worse then bounds.label
        else 'inferred'
    end
from bounds
inner join methods on methods.quarter = bounds.quarter and methods.framework = bounds.framework
left join contradicted
    on
        contradicted.quarter = bounds.quarter
        and contradicted.framework = bounds.framework
        and contradicted.scope = bounds.scope
where not methods.by_quartiles or contradicted.scope is not null
