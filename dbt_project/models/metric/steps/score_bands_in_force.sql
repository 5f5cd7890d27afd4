select
    leagues.quarter,
    leagues.league,
    cast(bands.metric_id as varchar) as metric_id,
    bands.lower_bound,
    bands.lower_inclusive,
    bands.upper_bound,
    bands.upper_inclusive,
    bands.score,
    cast(bands.label as varchar) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('score_bands') }} as bands on bands.framework = leagues.framework
