{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'unadjusted_segments'}}}) }}
-- Another way to quartile segments: a type-7 cut point lies where a quarter of the others score strictly better.
with positions as (
    select
        *,
        percent_rank() over (partition by quarter, framework, scope order by score) as share_better
    from {{ ref('unadjusted_segments') }}
    where cut_point_basis = 'quartiles'
)

select *
from positions
where
    segment <> 1
    + case when share_better > 0.25 then 1 else 0 end
    + case when share_better > 0.50 then 1 else 0 end
    + case when share_better > 0.75 then 1 else 0 end
