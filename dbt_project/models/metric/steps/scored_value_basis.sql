-- A published value counts where the framework says so and the league's release is at hand; where the metric cannot be
-- computed there is no other. Within a league and metric the two are never mixed.
select
    metrics.quarter,
    metrics.league,
    metrics.metric_id,
    cast(
        case
            when metrics.value_basis = 'computed' then 'computed'
            when coalesce(leagues.value_basis, 'published') = 'published' or rules.metric_id is null
                then 'published'
            else 'computed'
        end as string
    ) as value_basis
from {{ ref('metrics_in_force') }} as metrics
left join {{ ref('rules_in_force') }} as rules
    on
        rules.quarter = metrics.quarter
        and rules.framework = metrics.framework
        and rules.metric_id = metrics.metric_id
left join {{ ref('league_value_basis') }} as leagues
    on leagues.quarter = metrics.quarter and leagues.league = metrics.league
