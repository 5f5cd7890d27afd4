with summed as (
    select
        quarter,
        league,
        organisation_code,
        {% for score, those in {
            'average_score': 'counted',
            'waits_score': "counted and question = 'waits'",
            'experience_score': "counted and question = 'experience'",
            'outcomes_score': "counted and question = 'outcomes'",
        }.items() -%}
            {{ weighted_mean('weight', 'score_exact', ' filter (where ' ~ those ~ ')') }} as {{ score }},
        {% endfor -%}
        count_if(counted) as metrics_counted,
        max(metrics_at_hand) as metrics_at_hand,
        max(metrics_expected) as metrics_expected,
        {{ joined('metric_id', ' ') }} filter (where counted) as metrics,
        max(not_ranked_reason) as not_ranked_reason,
        {{ weakest_label_of('label') }} as label
    from {{ ref('patient_scores') }}
    group by quarter, league, organisation_code
)

select
    summed.quarter,
    summed.league,
    summed.organisation_code,
    cast(
        case
            when summed.not_ranked_reason is null
                then rank() over (
                    partition by summed.quarter, summed.league, summed.not_ranked_reason is null
                    order by summed.average_score
                )
        end as integer
    ) as rank,
    ranges.rank_low,
    ranges.rank_high,
    summed.average_score,
    ranges.average_score_low,
    ranges.average_score_high,
    summed.waits_score,
    summed.experience_score,
    summed.outcomes_score,
    league_ranks.rank as league_rank,
    cast(summed.metrics_counted as integer) as metrics_counted,
    summed.metrics_at_hand,
    summed.metrics_expected,
    cast(summed.metrics as string) as metrics,
    summed.not_ranked_reason,
    summed.label
from summed
left join {{ ref('patient_ranges') }} as ranges
    on
        ranges.quarter = summed.quarter
        and ranges.league = summed.league
        and ranges.organisation_code = summed.organisation_code
left join {{ ref('league_ranks') }} as league_ranks
    on
        league_ranks.quarter = summed.quarter
        and league_ranks.league = summed.league
        and league_ranks.organisation_code = summed.organisation_code
