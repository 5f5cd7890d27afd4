-- A row of a table, all its services together: who waits (Table 4), and of them who waits over 52 weeks (4g and 4h). A
-- figure that is not published leaves the organisation without any: three rows make how many of how many.
with typed as (
    select
        {{ clean_text('organisation_code') }} as organisation_code,
        {{ clean_text('organisation_name') }} as organisation_name,
        lower({{ clean_text('organisation_type') }}) as level,
        lower({{ clean_text('_source_member') }}) as sheet,
        {{ published_count(clean_text('patients')) }} as waiting,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from {{ source('land', 'community_waits') }}
),

summed as (
    select
        organisation_code,
        organisation_name,
        level,
        sheet,
        source_sha256,
        source_member,
        source_row,
        case when count(*) = count(waiting) then cast(sum(waiting) as bigint) end as waiting
    from typed
    group by all
),

whole as (
    select
        *,
        bool_and(waiting is not null) over (partition by source_sha256, level, organisation_code) as is_published
    from summed
)

select
    months.quarter,
    months.month,
    whole.organisation_code,
    whole.organisation_name,
    whole.level,
    whole.sheet,
    whole.waiting,
    case when whole.level = 'provider' then 'provider' end as side,
    'community_over_52_weeks' as measure,
    case when not whole.is_published then null when whole.sheet = 'table 4' then 0 else whole.waiting end as numerator,
    case when not whole.is_published then null when whole.sheet = 'table 4' then whole.waiting else 0 end
        as denominator,
    whole.source_sha256,
    whole.source_member,
    whole.source_row
from whole
inner join {{ ref('months_available') }} as months
    on months.source_id = 'community_waits' and months.source_sha256 = whole.source_sha256
