{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- A commissioner belongs to one ICB in a month: rows that say another would count for the wrong one.
with named as (
    select
        'rtt' as source_id,
        month,
        commissioner_code,
        icb_code,
        source_sha256
    from {{ ref('rtt_pathways') }}
    union all
    select
        'dm01' as source_id,
        month,
        commissioner_code,
        icb_code,
        source_sha256
    from {{ ref('dm01_waits') }}
)

select
    min(source_sha256) as source_sha256,
    source_id,
    month,
    commissioner_code,
    min(icb_code) as one_icb,
    max(icb_code) as another_icb,
    count(case when icb_code is null then 1 end) as rows_without
from named
group by source_id, month, commissioner_code
having count(distinct coalesce(icb_code, '')) > 1
