{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'reference_trusts'}}}) }}
-- An open trust of England of which nothing at hand says the league is in no table. Seed `trusts` should know it.
select
    reference.quarter,
    reference.trust_code,
    reference.trust_name,
    reference.region
from {{ ref('reference_trusts') }} as reference
left join {{ ref('trusts') }} as known on known.trust_code = reference.trust_code
where
    reference.is_open
    and reference.region is not null
    and reference.league is null
    and known.trust_code is null
