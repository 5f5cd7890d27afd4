{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'community_waiters'}}}) }}
-- Control total: in every table the providers of a service add up to England. Some services are published of England
-- alone. Where a provider's figure is not published, the others cannot have more than England.
with services as (
    select
        waiters.source_sha256,
        waiters.month,
        waiters.sheet,
        waiters.level,
        waits.service,
        {{ published_count('trim(waits.patients)') }} as waiting
    from {{ source('land', 'community_waits') }} as waits
    inner join {{ ref('community_waiters') }} as waiters
        on
            waiters.source_sha256 = waits._source_sha256
            and waiters.source_member = waits._source_member
            and waiters.source_row = cast(waits._source_row as integer)
),

summed as (
    select
        min(source_sha256) as source_sha256,
        month,
        sheet,
        service,
        cast(sum(waiting) filter (where level = 'national') as bigint) as england,
        cast(sum(waiting) filter (where level = 'provider') as bigint) as sum_of_providers,
        bool_and(waiting is not null) filter (where level = 'provider') as is_published
    from services
    group by month, sheet, service
)

select
    source_sha256,
    month,
    sheet,
    service,
    england,
    sum_of_providers
from summed
where case when is_published then england is distinct from sum_of_providers else sum_of_providers > england end
