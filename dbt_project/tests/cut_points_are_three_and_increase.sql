{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'segment_cut_points'}}}) }}
-- Four segments have three boundaries, each above the one before.
select
    quarter,
    framework,
    scope,
    count(*) as boundaries
from {{ ref('segment_cut_points') }}
group by quarter, framework, scope
having
    count(*) <> 3
    or max(case better_segment when 1 then cut_point end) > max(case better_segment when 2 then cut_point end)
    or max(case better_segment when 2 then cut_point end) > max(case better_segment when 3 then cut_point end)
