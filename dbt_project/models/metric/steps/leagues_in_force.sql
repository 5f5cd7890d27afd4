-- The leagues of a quarter and the framework that each is under. Every later model reads this, never the seeds. A
-- release that no seed has a framework for is under one of its own, with a league a file: all we know of it is there.
with seeded as (
    select
        quarters.quarter,
        frameworks.framework,
        leagues.league,
        leagues.title,
        leagues.expected_organisations,
        frameworks.status,
        frameworks.value_basis,
        frameworks.segment_method,
        frameworks.override_segment,
        frameworks.programme_segment,
        frameworks.metrics_needed,
        frameworks.coverage_needed
    from {{ ref('quarters_in_scope') }} as quarters
    inner join {{ ref('quarter_frameworks') }} as in_force on in_force.quarter = quarters.quarter
    inner join {{ ref('frameworks') }} as frameworks on frameworks.framework = in_force.framework
    inner join {{ ref('leagues') }} as leagues on leagues.framework = in_force.framework
),

released as (
    select
        quarter,
        league,
        count(distinct trust_code) as organisations
    from {{ ref('nof_figures') }}
    group by quarter, league
),

titles as (
    select
        league,
        min(title) as title
    from {{ ref('leagues') }}
    group by league
),

in_force as (
    select *
    from seeded
    union all
    select
        released.quarter,
        'nof-' || released.quarter[:7],
        released.league,
        coalesce(titles.title, released.league),
        released.organisations,
        'discovered',
        'published',
        'observed',
        null,
        null,
        null,
        null
    from released
    anti join seeded on seeded.quarter = released.quarter and seeded.league = released.league
    left join titles on titles.league = released.league
)

select
    quarter,
    cast(framework as varchar) as framework,
    cast(league as varchar) as league,
    cast(title as varchar) as title,
    cast(expected_organisations as integer) as expected_organisations,
    cast(status as varchar) as framework_status,
    cast(value_basis as varchar) as value_basis,
    cast(segment_method as varchar) as segment_method,
    override_segment,
    programme_segment,
    metrics_needed,
    coverage_needed
from in_force
