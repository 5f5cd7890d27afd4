-- The bands of a metric: those of the seeds where they score every value of the release as published, else those seen.
with agreed as (
    select
        quarter,
        league,
        metric_id,
        agrees
    from {{ ref('seed_agreement') }}
    where rule = 'bands'
)

select
    leagues.quarter,
    leagues.league,
    cast(bands.metric_id as string) as metric_id,
    bands.lower_bound,
    bands.lower_inclusive,
    bands.upper_bound,
    bands.upper_inclusive,
    bands.score,
    cast(bands.label as string) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('score_bands') }} as bands on bands.framework = leagues.framework
left join agreed
    on agreed.quarter = leagues.quarter and agreed.league = leagues.league and agreed.metric_id = bands.metric_id
where coalesce(agreed.agrees, true) and {{ seeded('leagues') }}
union all
select
    found.quarter,
    found.league,
    found.metric_id,
    found.lower_bound,
    found.lower_inclusive,
    found.upper_bound,
    found.upper_inclusive,
    found.score,
    'discovered'
from (
    {{ found('score_bands', {
        'metric_id': 'string',
        'lower_bound': 'decimal(18, 6)',
        'lower_inclusive': 'boolean',
        'upper_bound': 'decimal(18, 6)',
        'upper_inclusive': 'boolean',
        'score': 'decimal(4, 2)',
    }) }}
) as found
left join agreed
    on agreed.quarter = found.quarter and agreed.league = found.league and agreed.metric_id = found.metric_id
where not coalesce(agreed.agrees, false)
