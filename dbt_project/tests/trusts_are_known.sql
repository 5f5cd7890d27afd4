{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A provider code shaped like an NHS trust's that no reference list knows: a new trust, or a damaged code.
select
    quarter,
    organisation_code,
    organisation_name
from {{ ref('organisations') }}
where
    organisation_type = 'independent_or_other'
    and {{ matches('organisation_code', 'R[A-Z0-9]{2}|TA[A-Z]') }}
    and not known_to_ods
