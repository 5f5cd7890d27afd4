-- A metric can be computed in several ways: of a quarter the first choice counts whose months are all at hand, else the
-- last choice. The ways are never mixed within a quarter. A metric that is not expected is computed where it can be,
-- and where its file has lost it.
with frameworks as (
    select distinct
        quarter,
        framework
    from {{ ref('leagues_in_force') }}
),

at_hand as (
    select
        frameworks.quarter,
        rules.framework,
        rules.metric_id,
        rules.choice,
        rules.expected,
        count(distinct forms.month) >= case rules.basis when 'sum_of_months' then 3 else 1 end as complete
    from {{ ref('computed_metrics') }} as rules
    inner join frameworks on frameworks.framework = rules.framework
    left join {{ ref('forms_at_hand') }} as forms
        on
            forms.quarter = frameworks.quarter
            and forms.measure = rules.measure
            and forms.side = {{ side_in_file('rules.side') }}
    group by frameworks.quarter, rules.framework, rules.metric_id, rules.choice, rules.expected, rules.basis
),

chosen as (
    select
        at_hand.quarter,
        at_hand.framework,
        at_hand.metric_id,
        coalesce(min(case when at_hand.complete then at_hand.choice end), max(at_hand.choice)) as choice
    from at_hand
    left join {{ ref('measures_not_found') }} as lost
        on
            lost.quarter = at_hand.quarter
            and lost.framework = at_hand.framework
            and lost.metric_id = at_hand.metric_id
    group by at_hand.quarter, at_hand.framework, at_hand.metric_id
    having bool_or(at_hand.expected or at_hand.complete or lost.metric_id is not null)
)

select
    chosen.quarter,
    cast(rules.framework as string) as framework,
    cast(rules.metric_id as string) as metric_id,
    cast(rules.publication as string) as publication,
    cast(rules.measure as string) as measure,
    cast(rules.side as string) as side,
    rules.without_commissioner,
    cast(rules.basis as string) as basis,
    rules.months_covered,
    rules.multiplier,
    rules.divisor,
    cast(rules.sampling_law as string) as sampling_law,
    cast(rules.members_needed as decimal(4, 3)) as members_needed,
    cast(rules.tolerance as decimal(4, 2)) as tolerance,
    rules.tolerance_reason,
    rules.note,
    cast(rules.label as string) as label,
    cast(rules.source as string) as source
from chosen
inner join {{ ref('computed_metrics') }} as rules
    on
        rules.framework = chosen.framework
        and rules.metric_id = chosen.metric_id
        and rules.choice = chosen.choice
