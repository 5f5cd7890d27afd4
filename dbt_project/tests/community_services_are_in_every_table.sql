{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'community_waiters'}}}) }}
-- A service of which providers have figures in one table has them in all three: patients over 52 weeks are some of all.
-- A column that is lost or renamed in one of them shows here; case does not matter.
with tables as (
    select distinct
        waiters.source_sha256,
        waiters.month,
        waiters.sheet,
        waits.service
    from {{ source('land', 'community_waits') }} as waits
    inner join {{ ref('community_waiters') }} as waiters
        on
            waiters.source_sha256 = waits._source_sha256
            and waiters.source_member = waits._source_member
            and waiters.source_row = cast(waits._source_row as integer)
    where waiters.level = 'provider'
)

select
    source_sha256,
    month,
    min(service) as service,
    {{ joined('sheet', distinct=true) }} as only_in
from tables
group by source_sha256, month, lower(service)
having count(distinct sheet) < 3
