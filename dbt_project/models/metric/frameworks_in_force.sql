select
    quarters.quarter,
    in_force.framework
from {{ ref('quarters_built') }} as quarters
inner join {{ ref('quarter_frameworks') }} as in_force on in_force.quarter = quarters.quarter
