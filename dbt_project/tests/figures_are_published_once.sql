{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'nof_figures'}}}) }}
-- A figure twice in a quarter, in one file or in two leagues, would count twice. The first of a trust is named.
with repeated as (
    select
        quarter,
        trust_code,
        published_id,
        {{ joined('league', ' | ', distinct=true) }} as leagues,
        min_by(source_sha256, (source_row, source_sha256)) as source_sha256,
        min_by(source_member, (source_row, source_sha256)) as source_member,
        min(source_row) as source_row,
        max(source_row) as last_row
    from {{ ref('nof_figures') }}
    group by quarter, trust_code, published_id, unit
    having count(*) > 1
)

select
    min_by(source_sha256, (source_row, source_sha256)) as source_sha256,
    min_by(source_member, (source_row, source_sha256)) as source_member,
    min(source_row) as source_row,
    quarter,
    trust_code,
    leagues,
    count(*) as figures_repeated,
    min_by(published_id, (source_row, source_sha256)) as such_as,
    max(last_row) as last_row
from repeated
group by quarter, trust_code, leagues
order by quarter, trust_code, leagues
