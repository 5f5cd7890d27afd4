select
    steps.quarter,
    waited.month,
    steps.standard,
    steps.provider_code as organisation_code,
    organisations.organisation_name,
    organisations.organisation_type,
    steps.just_within,
    steps.just_over,
    steps.expected_within,
    steps.odds_ratio,
    steps.z,
    steps.steep,
    steps.providers_tested,
    steps.placebo_deviation,
    steps.placebo_cuts,
    steps.placebo_flags,
    steps.placebo_flags_most,
    cast('experimental' as string) as label,
    waited.source_file,
    waited.source_member,
    waited.source_rows
from {{ ref('steps_in_lists') }} as steps
inner join {{ ref('steep_standards') }} as standards on standards.standard = steps.standard
inner join {{ ref('weeks_waited') }} as waited
    on
        waited.quarter = steps.quarter
        and waited.publication = standards.publication
        and waited.part = standards.part
        and waited.provider_code = steps.provider_code
left join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = steps.quarter
        and organisations.organisation_code = steps.provider_code
        and organisations.league is distinct from 'icb_official'
