{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A figure twice in a quarter, in one file or in two leagues, would count twice.
with repeated as (
    select
        quarter,
        trust_code,
        published_id,
        {{ joined('league', ' | ', distinct=true) }} as leagues,
        min(source_sha256) as source_sha256,
        min(source_member) as source_member,
        min(source_row) as first_row,
        max(source_row) as last_row
    from {{ ref('nof_figures') }}
    group by quarter, trust_code, published_id, unit
    having count(*) > 1
)

select
    min(source_sha256) as source_sha256,
    min(source_member) as source_member,
    quarter,
    trust_code,
    leagues,
    count(*) as figures_repeated,
    min(published_id) as such_as,
    min(first_row) as first_row,
    max(last_row) as last_row
from repeated
group by quarter, trust_code, leagues
order by quarter, trust_code, leagues
