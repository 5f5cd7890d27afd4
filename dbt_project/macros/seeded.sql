{# Whether the rules of the seeds count in a league. Without them only a release says how its league is ranked. A league
   without a release has no other rules. #}
{% macro seeded(leagues) -%}
    ({{ var('seeded_framework_rules', true) }} or not {{ leagues }}.is_released)
{%- endmacro %}

{# The metrics that discovery finds in each league. #}
{% macro found_metrics() -%}
    {{ found('metrics', {
        'metric_id': 'varchar',
        'score_id': 'varchar',
        'title': 'varchar',
        'domain': 'varchar',
        'unit': 'varchar',
        'ignored_unit': 'varchar',
        'polarity': 'varchar',
        'weight': 'decimal(13, 12)',
        'counted': 'boolean',
        'scoring_rule': 'varchar',
        'standard': 'decimal(18, 6)',
        'floor': 'decimal(18, 6)',
        'threshold_low': 'decimal(18, 6)',
        'threshold_high': 'decimal(18, 6)',
        'population': 'varchar',
        'population_size': 'integer',
        'decimals': 'integer',
        'cells_unrounded': 'integer',
        'cells_rounded': 'integer',
    }) }}
{%- endmacro %}
