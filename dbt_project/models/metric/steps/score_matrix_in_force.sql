select
    leagues.quarter,
    leagues.league,
    cast(cells.metric_id as varchar) as metric_id,
    cast(cells.row_metric_id as varchar) as row_metric_id,
    cast(cells.column_metric_id as varchar) as column_metric_id,
    cells.row_score,
    cells.column_score,
    cells.score,
    cast(cells.label as varchar) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('score_matrix') }} as cells on cells.framework = leagues.framework
