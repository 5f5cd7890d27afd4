-- A trust that had merged by the end of the quarter reports through its successor. The trust list writes several
-- predecessors as one text: `QHG;QUE`.
with listed as (
    select
        {{ clean_text('ods_code') }} as successor_code,
        trim(unnest(string_split(predecessor_codes, ';'))) as predecessor_code,
        cast(merger_date as date) as merger_date
    from {{ source('land', 'ods_trusts') }}
    where predecessor_codes <> ''
)

select
    quarters.quarter,
    listed.predecessor_code,
    listed.successor_code,
    listed.merger_date
from listed
inner join {{ ref('quarters_in_scope') }} as quarters on listed.merger_date <= quarters.period_end
