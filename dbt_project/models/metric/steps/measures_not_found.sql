-- Months whose file is at hand and counts nobody for a metric: all rows of its measure may be lost. Where a metric can
-- be computed in several ways, the way that counts is the one that is looked at.
with frameworks as (
    select distinct
        quarter,
        framework
    from {{ ref('leagues_in_force') }}
),

rules as (
    select
        frameworks.quarter,
        computed.framework,
        computed.metric_id,
        computed.publication,
        computed.measure,
        case computed.side when 'commissioner' then 'commissioner' else 'provider' end as side
    from {{ ref('computed_metrics') }} as computed
    inner join frameworks on frameworks.framework = computed.framework
    left join {{ ref('rules_in_force') }} as in_force
        on
            in_force.quarter = frameworks.quarter
            and in_force.framework = computed.framework
            and in_force.metric_id = computed.metric_id
    where coalesce(in_force.measure, computed.measure) = computed.measure
),

-- Some forms are of providers alone.
sides as (
    select distinct
        source_id,
        side
    from {{ ref('forms_at_hand') }}
)

select distinct
    rules.quarter,
    cast(rules.framework as string) as framework,
    cast(rules.metric_id as string) as metric_id,
    cast(rules.measure as string) as measure,
    files.month,
    cast(files.file_name as string) as file_name
from rules
inner join {{ ref('publication_forms') }} as forms on forms.publication = rules.publication
inner join {{ ref('months_available') }} as files
    on
        files.source_id = forms.source_id
        and files.quarter = rules.quarter
        and coalesce(files.part, rules.side) = rules.side
inner join sides on sides.source_id = files.source_id and sides.side = rules.side
left join {{ ref('forms_at_hand') }} as found
    on
        found.quarter = rules.quarter
        and found.measure = rules.measure
        and found.side = rules.side
        and found.month = files.month
where found.measure is null
