-- A published value is one row of one file; a computed one is the sum of the rows of its organisation between the first
-- and the last named, file by file.
select
    quarter,
    organisation_code,
    metric_id,
    value_basis,
    source_id,
    source_sha256,
    source_member as member_or_sheet,
    reporting_date as period,
    organisation_code as code_in_file,
    source_row as first_row,
    source_row as last_row,
    cast(1 as integer) as rows_counted
from {{ ref('metric_values') }}
where source_sha256 is not null and value_basis = 'published'
union all
select
    quarter,
    organisation_code,
    metric_id,
    'computed',
    source_id,
    source_sha256,
    {{ joined('source_member', distinct=true) }},
    {{ year_and_month('month') }},
    code_in_file,
    cast(min(source_row) as integer),
    cast(max(source_row) as integer),
    cast(count(source_row) as integer)
from {{ ref('metric_parts') }}
group by
    quarter,
    organisation_code,
    metric_id,
    source_id,
    source_sha256,
    month,
    code_in_file
