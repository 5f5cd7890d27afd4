select
    quarter,
    organisation_code,
    metric_id,
    value_basis,
    source_id,
    source_sha256,
    source_member as member_or_sheet,
    reporting_date as period,
    source_row as first_row,
    source_row as last_row
from {{ ref('metric_values') }}
where source_sha256 is not null
