{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'sizes_compared'}}}) }}
-- A publication of an unusual size may be a part of it: seed publication_bounds says what is usual, and why.
{{ sizes_found('unusual', 'warn_below') }}
