{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'release_contradictions'}}}) }}
-- A figure that no rule found gives, a label that differs, or a seed that a release contradicts: the release is made,
-- and says so.
{{ contradictions('warning') }}
