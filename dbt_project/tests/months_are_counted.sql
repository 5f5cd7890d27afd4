{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- A file that a metric is made of has rows that count, of each of its months.
select distinct
    files.file_name,
    files.period,
    rules.measure
from {{ ref('months_available') }} as months
inner join {{ ref('computed_metrics') }} as rules
    on
        rules.source_id = months.source_id
        and (months.part is null or months.part = rules.side)
left join {{ ref('source_counts') }} as counts
    on
        counts.source_sha256 = months.source_sha256
        and counts.month = months.month
        and counts.measure = rules.measure
left join {{ source('extract', 'files') }} as files
    on
        files.source_sha256 = months.source_sha256
        and files.period = strftime(months.month, '%Y-%m')
        and files.status = 'used'
where counts.measure is null
