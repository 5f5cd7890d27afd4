-- What the tables of a league rest on: the NHS Oversight Framework release where it is there, else what can be
-- computed.
with released as (
    select distinct
        quarter,
        league
    from {{ ref('nof_figures') }}
),

computed as (
    select distinct
        computed_values.quarter,
        computed_values.league
    from {{ ref('computed_values') }} as computed_values
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = computed_values.quarter
            and metrics.framework = computed_values.framework
            and metrics.league = computed_values.league
            and metrics.metric_id = computed_values.metric_id
    where computed_values.status = 'reported' and metrics.counted
)

select
    leagues.quarter,
    leagues.framework,
    leagues.league,
    cast(case when released.league is not null then 'published' else 'computed' end as string) as value_basis
from {{ ref('leagues_in_force') }} as leagues
left join released on released.quarter = leagues.quarter and released.league = leagues.league
left join computed on computed.quarter = leagues.quarter and computed.league = leagues.league
where released.league is not null or computed.league is not null
