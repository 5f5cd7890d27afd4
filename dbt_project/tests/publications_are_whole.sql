{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'sizes_compared'}}}) }}
-- A part of a publication is not taken for the whole: seed publication_bounds says what cannot be, and why.
{{ sizes_found('refused', 'refuse_below') }}
