{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'release_contradictions'}}}) }}
-- A release that says two things of which one must be wrong, whatever the rules are.
{{ contradictions('critical') }}
