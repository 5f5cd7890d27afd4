{%- set choices = ['normalisation', 'weights', 'aggregation', 'metric_left_out', 'segments', 'override'] -%}
with of_ranks as (
    select
        robustness.quarter,
        robustness.league,
        median({{ as_double('robustness.rank_high - robustness.rank_low') }}) as likely_width,
        count(case when robustness.segment_uncertain then 1 end) as segments_uncertain,
        count(case when league_ranks.segment <> league_ranks.segment_unadjusted then 1 end) as segments_changed,
        count(case when robustness.places_lost_to_override <> 0 then 1 end) as moved_by_override,
        max(robustness.places_lost_to_override) as largest_loss,
        avg(abs(robustness.places_lost_to_override)) as shift_by_override,
        median({{ as_double('robustness.left_out_rank_high - robustness.left_out_rank_low') }}) as left_out_width,
        avg({{ as_double('robustness.method_mean_shift') }}) as method_shift,
        median({{ as_double('robustness.method_rank_high - robustness.method_rank_low') }}) as method_width,
        count(case when robustness.metrics_measured > 0 then 1 end) as organisations_measured,
        median({{ as_double('robustness.measurement_share') }}) as measurement_share
    from {{ ref('rank_robustness') }} as robustness
    inner join {{ ref('league_ranks') }} as league_ranks
        on
            league_ranks.quarter = robustness.quarter
            and league_ranks.league = robustness.league
            and league_ranks.organisation_code = robustness.organisation_code
    group by robustness.quarter, robustness.league
),

of_sets as (
    select
        quarter,
        league,
        max(band) as bands,
        median({{ as_double('worst_rank - best_rank') }}) as width,
        sum(told_apart_from) / nullif({{ as_double('count(*) * (count(*) - 1)') }}, 0) as told_apart
    from {{ ref('rank_bands') }}
    group by quarter, league
),

of_left_out as (
    select
        left_out.quarter,
        left_out.league,
        left_out.left_out,
        avg(abs(left_out.rank - league_ranks.rank)) as mean_shift,
        max(abs(left_out.rank - league_ranks.rank)) as largest_shift
    from {{ ref('ranks_left_out') }} as left_out
    inner join {{ ref('league_ranks') }} as league_ranks
        on
            league_ranks.quarter = left_out.quarter
            and league_ranks.league = left_out.league
            and league_ranks.organisation_code = left_out.organisation_code
    group by left_out.quarter, left_out.league, left_out.left_out
),

agreeing as (
    select
        quarter,
        league,
        metric_id
    from {{ ref('metric_correlations') }}
    union
    select
        quarter,
        league,
        other_metric_id
    from {{ ref('metric_correlations') }}
),

of_pairs as (
    select
        quarter,
        league,
        greatest(
            sum(
                correlation * correlation
                - (1 - correlation * correlation) / {{ as_double('nullif(organisations - 2, 0)') }}
            ),
            0
        ) as squares,
        avg({{ as_double('correlation') }}) as mean_correlation
    from {{ ref('metric_correlations') }}
    group by quarter, league
),

-- The squared sum of the eigenvalues of the correlation matrix by the sum of their squares, less what unrelated metrics
-- would show by chance.
of_agreement as (
    select
        agreeing.quarter,
        agreeing.league,
        of_pairs.mean_correlation,
        count(*) as metrics,
        count(*) * count(*) / {{ as_double('count(*) + 2 * of_pairs.squares') }} as effective_dimensions
    from agreeing
    inner join of_pairs on of_pairs.quarter = agreeing.quarter and of_pairs.league = agreeing.league
    group by agreeing.quarter, agreeing.league, of_pairs.mean_correlation, of_pairs.squares
),

of_choices as (
    select
        quarter,
        league,
        {% for choice in choices %}
            sum(method_rank_variance * method_first_{{ choice }}) as first_{{ choice }},
            sum(method_rank_variance * method_total_{{ choice }}) as total_{{ choice }},
        {% endfor %}
        nullif({{ as_double('sum(method_rank_variance)') }}, 0) as variance
    from {{ ref('rank_uncertainty') }}
    group by quarter, league
),

of_improvement as (
    select
        quarter,
        league,
        coalesce(verdict, 'not compared') as verdict,
        count(*) as organisations
    from {{ ref('improvement') }}
    group by quarter, league, coalesce(verdict, 'not compared')
),

found as (
    select
        quarter,
        league,
        'likely_range' as assessment,
        'league' as item,
        'median_width' as measure,
        likely_width as value
    from of_ranks
    union all
    select quarter, league, 'likely_range', 'league', 'segments_uncertain', segments_uncertain from of_ranks
    union all
    select quarter, league, 'override', 'league', 'segments_changed', segments_changed from of_ranks
    union all
    select quarter, league, 'override', 'league', 'organisations_moved', moved_by_override from of_ranks
    union all
    select quarter, league, 'override', 'league', 'largest_loss', largest_loss from of_ranks
    union all
    select quarter, league, 'override', 'league', 'mean_shift', shift_by_override from of_ranks
    union all
    select quarter, league, 'left_out', left_out, 'mean_shift', mean_shift from of_left_out
    union all
    select quarter, league, 'left_out', left_out, 'largest_shift', largest_shift from of_left_out
    union all
    select quarter, league, 'left_out', 'league', 'median_width', left_out_width from of_ranks
    union all
    select quarter, league, 'agreement', metric_id || ' with ' || other_metric_id, 'correlation', correlation
    from {{ ref('metric_correlations') }}
    union all
    select quarter, league, 'agreement', 'league', 'mean_correlation', mean_correlation from of_agreement
    union all
    select quarter, league, 'agreement', 'league', 'metrics', metrics from of_agreement
    union all
    select quarter, league, 'agreement', 'league', 'effective_dimensions', effective_dimensions from of_agreement
    union all
    select quarter, league, 'method', 'league', 'mean_shift', method_shift from of_ranks
    union all
    select quarter, league, 'method', 'league', 'median_width', method_width from of_ranks
    {% for choice in choices %}
        union all
        select quarter, league, 'method', '{{ choice }}', 'first_order_share', first_{{ choice }} / variance
        from of_choices
        union all
        select quarter, league, 'method', '{{ choice }}', 'total_share', total_{{ choice }} / variance
        from of_choices
    {% endfor %}
    union all
    select quarter, league, 'rank_sets', 'league', 'bands', bands from of_sets
    union all
    select quarter, league, 'rank_sets', 'league', 'median_width', width from of_sets
    union all
    select quarter, league, 'rank_sets', 'league', 'pairs_told_apart_share', told_apart from of_sets
    union all
    select quarter, league, 'measurement', 'league', 'organisations_measured', organisations_measured from of_ranks
    union all
    select quarter, league, 'measurement', 'league', 'median_share', measurement_share from of_ranks
    union all
    select quarter, league, 'improvement', 'league', verdict, organisations from of_improvement
)

select
    quarter,
    league,
    cast(assessment as string) as assessment,
    cast(item as string) as item,
    cast(measure as string) as measure,
    cast(cast(value as decimal(18, 8)) as decimal(12, 3)) as value
from found
where value is not null
