select
    leagues.quarter,
    leagues.league,
    cast(measures.measure as varchar) as measure,
    cast(measures.published_id as varchar) as published_id,
    cast(measures.title as varchar) as title,
    cast(measures.label as varchar) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('summary_measures') }} as measures on measures.framework = leagues.framework
