select
    source_id,
    part,
    quarter,
    cast(period || '-01' as date) as month,
    source_sha256
from {{ source('extract', 'files') }}
where status = 'used' and period <> quarter
