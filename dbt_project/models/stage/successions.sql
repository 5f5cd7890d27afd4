-- A trust that had merged by the end of the quarter reports through its successor. Seed `trust_successions` knows the
-- mergers of English trusts; of a predecessor that it does not know the trust list says it, several in one text:
-- `QHG;QUE`.
with split as (
    select
        {{ split_rows('predecessor_codes', ';', 'predecessor_code') }},
        {{ clean_text('ods_code') }} as successor_code,
        cast(merger_date as date) as merged_on
    from {{ source('land', 'ods_trusts') }}
    where predecessor_codes <> ''
),

listed as (
    select distinct
        trim(predecessor_code) as predecessor_code,
        successor_code,
        merged_on
    from split
),

known as (
    select
        predecessor_code,
        successor_code,
        merged_on
    from {{ ref('trust_successions') }}
    union all
    select listed.*
    from listed
    left join {{ ref('trust_successions') }} as seed on seed.predecessor_code = listed.predecessor_code
    where seed.predecessor_code is null
)

select
    quarters.quarter,
    known.predecessor_code,
    known.successor_code,
    known.merged_on as merger_date
from known
inner join {{ ref('quarters_in_scope') }} as quarters on known.merged_on <= quarters.period_end
