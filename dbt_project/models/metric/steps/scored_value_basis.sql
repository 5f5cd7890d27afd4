-- A published value counts where the framework says so and the league's release is at hand; where the metric cannot be
-- computed there is no other. Within a league and metric the two are never mixed.
select
    frameworks.quarter,
    league_metrics.league,
    league_metrics.metric_id,
    cast(
        case
            when metrics.value_basis = 'computed' then 'computed'
            when coalesce(leagues.value_basis, 'published') = 'published' or rules.metric_id is null
                then 'published'
            else 'computed'
        end as varchar
    ) as value_basis
from {{ ref('quarter_frameworks') }} as frameworks
inner join {{ ref('league_metrics') }} as league_metrics on league_metrics.framework = frameworks.framework
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = frameworks.framework and metrics.metric_id = league_metrics.metric_id
left join {{ ref('rules_in_force') }} as rules
    on
        rules.quarter = frameworks.quarter
        and rules.framework = frameworks.framework
        and rules.metric_id = league_metrics.metric_id
left join {{ ref('league_value_basis') }} as leagues
    on leagues.quarter = frameworks.quarter and leagues.league = league_metrics.league
