{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'months_available'}}}) }}
-- A file that metrics are made of has rows that count, of each of its months.
with found as (
    select
        source_id,
        source_sha256,
        month,
        count(case when side is not null then measure end) as rows_that_count
    from {{ ref('counts') }}
    group by source_id, source_sha256, month
)

select distinct
    files.file_name,
    months.month
from {{ ref('months_available') }} as months
inner join {{ ref('publication_forms') }} as forms on forms.source_id = months.source_id
left join found on found.source_sha256 = months.source_sha256 and found.month = months.month
left join {{ source('extract', 'files') }} as files
    on files.source_sha256 = months.source_sha256 and files.status = 'used'
where coalesce(found.rows_that_count, 0) = 0
