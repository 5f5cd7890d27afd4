select
    quarters.quarter,
    cast(case when quarters.quarter = build.quarter then 'asked for' else 'previous' end as varchar) as role,
    quarters.period_start,
    quarters.period_end
from {{ ref('quarters') }} as quarters
cross join {{ source('extract', 'build') }} as build
left join {{ ref('quarters') }} as asked on asked.quarter = build.quarter
where quarters.quarter = build.quarter or quarters.quarter = asked.previous_quarter
