-- The leagues of a quarter and the framework that each is under. Every later model reads this, never the seeds. A
-- release that no seed has a framework for is under one of its own, with a league a file: all we know of it is there.
-- That of ICBs is apart: nothing says yet that they share cut points or populations with trusts. In a rescored quarter
-- the framework that it is scored under takes the place of any other in its leagues, and seeds alone count. How many
-- organisations a league has is a fact of the quarter. The segment that a flag imposes is that of the seeds where it is
-- among those that explain the release.
{%- set seeds_count = var('seeded_framework_rules', true) ~ ' or found.league is null' %}
with known_sizes as (
    select
        in_force.quarter,
        leagues.league,
        max(leagues.expected_organisations) as expected_organisations
    from {{ ref('quarter_frameworks') }} as in_force
    inner join {{ ref('leagues') }} as leagues on leagues.framework = in_force.framework
    group by in_force.quarter, leagues.league
),

seeded as (
    select
        quarters.quarter,
        frameworks.framework,
        leagues.league,
        leagues.title,
        coalesce(known_sizes.expected_organisations, leagues.expected_organisations) as expected_organisations,
        frameworks.status,
        frameworks.value_basis,
        frameworks.segment_method,
        frameworks.override_segment,
        frameworks.programme_segment,
        frameworks.metrics_needed,
        frameworks.coverage_needed,
        frameworks.label,
        quarters.rescored_under is not null as is_rescored,
        in_force.framework is null as is_foreign
    from {{ ref('quarters_in_scope') }} as quarters
    cross join {{ ref('leagues') }} as leagues
    inner join {{ ref('frameworks') }} as frameworks on frameworks.framework = leagues.framework
    left join {{ ref('quarter_frameworks') }} as in_force
        on in_force.quarter = quarters.quarter and in_force.framework = leagues.framework
    left join known_sizes
        on known_sizes.quarter = quarters.quarter and known_sizes.league = leagues.league
    left join {{ ref('leagues') }} as instead
        on instead.framework = quarters.rescored_under and instead.league = leagues.league
    where
        leagues.framework = quarters.rescored_under
        or (in_force.framework is not null and instead.framework is null)
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
        case released.league when 'icb_official' then 'nof-icb-' else 'nof-' end || left(released.quarter, 7),
        released.league,
        case released.league
            when 'icb_official' then 'Integrated Care Boards (NHS England)'
            else coalesce(titles.title, released.league)
        end,
        released.organisations,
        'discovered',
        'published',
        'observed',
        null,
        null,
        null,
        null,
        'discovered',
        false,
        false
    from released
    left join titles on titles.league = released.league
    where
        not exists (
            select 1 from seeded
            where seeded.quarter = released.quarter and (seeded.league = released.league or seeded.is_rescored)
        )
),

found as (
    {{ found('frameworks', {
        'override_segment': 'integer',
        'override_fits': 'string',
        'programme_segment': 'integer',
        'programme_fits': 'string',
    }) }}
)

select
    in_force.quarter,
    cast(in_force.framework as string) as framework,
    cast(in_force.league as string) as league,
    cast(in_force.title as string) as title,
    cast(in_force.expected_organisations as integer) as expected_organisations,
    cast(case when in_force.is_rescored then 'experimental' else in_force.status end as string) as framework_status,
    cast(in_force.value_basis as string) as value_basis,
    cast(in_force.segment_method as string) as segment_method,
    case when {{ seeds_count }} then in_force.override_segment end as seeded_override_segment,
    case when {{ seeds_count }} then in_force.programme_segment end as seeded_programme_segment,
    case
        when found.override_fits is null or found.override_fits like '%' || seeded_override_segment || '%'
            then seeded_override_segment
        else found.override_segment
    end as override_segment,
    case
        when found.programme_fits is null or found.programme_fits like '%' || seeded_programme_segment || '%'
            then seeded_programme_segment
        else found.programme_segment
    end as programme_segment,
    found.league is not null as rules_are_found,
    in_force.metrics_needed,
    in_force.coverage_needed,
    in_force.is_rescored,
    in_force.is_foreign,
    cast(case when in_force.is_rescored then 'experimental' else in_force.label end as string) as label
from in_force
left join found on found.quarter = in_force.quarter and found.league = in_force.league
