-- A file says nothing of the day on which it was published; the last month that it has tells which of two is later.
with last_periods as (
    select
        source_sha256,
        max(period) as last_period
    from {{ source('extract', 'files') }}
    group by source_sha256
)

select
    files.source_id,
    files.part,
    files.quarter,
    cast(files.period || '-01' as date) as month,
    files.source_sha256,
    files.file_name,
    files.maturity,
    last_periods.last_period
from {{ source('extract', 'files') }} as files
left join last_periods on last_periods.source_sha256 = files.source_sha256
where files.status = 'used' and files.period <> files.quarter
