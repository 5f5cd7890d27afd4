select
    leagues.quarter,
    leagues.league,
    cast(domains.domain as varchar) as domain,
    cast(domains.title as varchar) as title,
    domains.score_id,
    domains.segment_id,
    cast(domains.label as varchar) as label
from {{ ref('leagues_in_force') }} as leagues
inner join {{ ref('domains') }} as domains on domains.framework = leagues.framework
