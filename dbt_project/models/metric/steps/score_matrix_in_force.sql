-- The cells of a matrix: those of the seeds, where each pair of the release has the score that it has there. Else there
-- are none, and the published score counts.
with agreed as (
    select
        quarter,
        league,
        metric_id,
        agrees
    from {{ ref('seed_agreement') }}
    where rule = 'matrix'
)

select
    leagues.quarter,
    leagues.league,
    cast(cells.metric_id as string) as metric_id,
    cast(cells.row_metric_id as string) as row_metric_id,
    cast(cells.column_metric_id as string) as column_metric_id,
    cells.row_score,
    cells.column_score,
    cells.score,
    cast(cells.label as string) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('score_matrix') }} as cells on cells.framework = leagues.framework
left join agreed
    on agreed.quarter = leagues.quarter and agreed.league = leagues.league and agreed.metric_id = cells.metric_id
where coalesce(agreed.agrees, true) and {{ seeded('leagues') }}
