-- Values are rounded to 5 by the publisher.
select
    months.quarter,
    months.month,
    csds.org_code as organisation_code,
    {{ clean_text('csds.org_name') }} as organisation_name,
    csds.org_level as level,
    csds.dimension,
    csds.count_of,
    csds.measure,
    csds.measure_2,
    cast(csds.measure_value as decimal(18, 1)) as value,
    csds._source_sha256 as source_sha256,
    csds._source_member as source_member,
    cast(csds._source_row as integer) as source_row
from {{ source('land', 'csds') }} as csds
inner join {{ ref('months_available') }} as months
    on months.source_id = 'csds' and months.source_sha256 = csds._source_sha256
