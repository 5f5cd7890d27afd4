{# Whether the rules of the seeds count in a league. Without them only the rules found in its release
   say how it is ranked. A league of which none were found has no other rules. #}
{% macro seeded(leagues) -%}
    ({{ var('seeded_framework_rules', true) }} or not {{ leagues }}.rules_are_found)
{%- endmacro %}

{# The metrics that discovery finds in each league. #}
{% macro found_metrics() -%}
    {{ found('metrics', {
        'metric_id': 'string',
        'score_id': 'string',
        'title': 'string',
        'domain': 'string',
        'sub_domain': 'string',
        'unit': 'string',
        'ignored_unit': 'string',
        'polarity': 'string',
        'weight': 'decimal(13, 12)',
        'counted': 'boolean',
        'scoring_rule': 'string',
        'standard': 'decimal(18, 6)',
        'floor': 'decimal(18, 6)',
        'threshold_low': 'decimal(18, 6)',
        'threshold_high': 'decimal(18, 6)',
        'population': 'string',
        'population_size': 'integer',
        'decimals': 'integer',
        'cells_unrounded': 'integer',
        'cells_rounded': 'integer',
    }) }}
{%- endmacro %}
