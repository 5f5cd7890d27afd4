-- The leagues of a quarter and the framework that each is under. Every later model reads this, never the seeds.
select
    quarters.quarter,
    cast(frameworks.framework as varchar) as framework,
    cast(leagues.league as varchar) as league,
    cast(leagues.title as varchar) as title,
    leagues.expected_organisations,
    cast(frameworks.status as varchar) as framework_status,
    cast(frameworks.value_basis as varchar) as value_basis,
    cast(frameworks.segment_method as varchar) as segment_method,
    coalesce(
        found.override_segment,
        case when found.league is null or {{ var('seeded_framework_rules', true) }} then frameworks.override_segment end
    ) as override_segment,
    coalesce(
        found.programme_segment,
        case when found.league is null or {{ var('seeded_framework_rules', true) }} then frameworks.programme_segment end
    ) as programme_segment,
    found.league is not null as is_released,
    frameworks.metrics_needed,
    frameworks.coverage_needed
from {{ ref('quarters_in_scope') }} as quarters
inner join {{ ref('quarter_frameworks') }} as in_force on in_force.quarter = quarters.quarter
inner join {{ ref('frameworks') }} as frameworks on frameworks.framework = in_force.framework
inner join {{ ref('leagues') }} as leagues on leagues.framework = in_force.framework
left join (
    {{ found('frameworks', {'override_segment': 'integer', 'programme_segment': 'integer'}) }}
) as found
    on found.quarter = quarters.quarter and found.league = leagues.league
