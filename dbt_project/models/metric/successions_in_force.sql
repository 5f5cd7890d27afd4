-- A trust that had merged by the end of the quarter reports through its successor.
select
    quarters.quarter,
    successions.predecessor_code,
    successions.successor_code,
    successions.merger_date
from {{ ref('successions') }} as successions
inner join {{ ref('quarters_built') }} as quarters on successions.merger_date <= quarters.period_end
