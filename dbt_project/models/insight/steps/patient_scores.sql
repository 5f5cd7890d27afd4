-- The scores that the patients' table is made of. A league needs enough of its metrics at hand, and an organisation
-- enough of those, in number and by weight: two that share no metric cannot be ranked.
with scores as (
    select
        scores.quarter,
        scores.league,
        scores.organisation_code,
        scores.metric_id,
        chosen.question,
        scores.score_exact,
        scores.weight,
        metrics.metric_group,
        scores.counted,
        chosen.label
    from {{ ref('metric_scores') }} as scores
    inner join {{ ref('quarters_in_scope') }} as quarters
        on quarters.quarter = scores.quarter and quarters.role = 'asked for'
    inner join {{ ref('patient_metrics') }} as chosen on chosen.metric_id = scores.metric_id and chosen.counts
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = scores.quarter
            and metrics.league = scores.league
            and metrics.metric_id = scores.metric_id
            and metrics.counted
),

metrics as (
    select
        quarter,
        league,
        metric_id,
        max(weight) as weight,
        bool_or(counted) as at_hand
    from scores
    group by quarter, league, metric_id
),

leagues as (
    select
        quarter,
        league,
        count(metric_id) as metrics_expected,
        count_if(at_hand) as metrics_at_hand,
        sum(weight) as weight_expected,
        coalesce(sum(weight) filter (where at_hand), 0) as weight_at_hand
    from metrics
    group by quarter, league
),

organisations as (
    select
        quarter,
        league,
        organisation_code,
        count_if(counted) as metrics_held,
        coalesce(sum(weight) filter (where counted), 0) as weight_held
    from scores
    group by quarter, league, organisation_code
)

select
    scores.quarter,
    scores.league,
    cast('patients' as string) as scope,
    scores.organisation_code,
    cast(scores.metric_id as string) as metric_id,
    cast(scores.question as string) as question,
    scores.score_exact,
    scores.weight,
    scores.metric_group,
    scores.counted,
    cast(leagues.metrics_at_hand as integer) as metrics_at_hand,
    cast(leagues.metrics_expected as integer) as metrics_expected,
    cast(
        case
            when
                leagues.metrics_at_hand < {{ level('patient_least_metrics') }}
                or leagues.weight_at_hand < {{ level('patient_share') }} * leagues.weight_expected
                then
                    'only ' || leagues.metrics_at_hand || ' of the ' || leagues.metrics_expected
                    || ' metrics for patients '
                    || case leagues.metrics_at_hand when 1 then 'is' else 'are' end || ' at hand'
            when organisations.metrics_held = 0 then 'no metric for patients has a score'
            when
                organisations.metrics_held < {{ level('patient_least_metrics') }}
                or organisations.weight_held < {{ level('patient_share') }} * leagues.weight_at_hand
                then
                    'has ' || organisations.metrics_held || ' of the ' || leagues.metrics_at_hand
                    || ' metrics for patients at hand'
        end as string
    ) as not_ranked_reason,
    cast(scores.label as string) as label
from scores
inner join leagues on leagues.quarter = scores.quarter and leagues.league = scores.league
inner join organisations
    on
        organisations.quarter = scores.quarter
        and organisations.league = scores.league
        and organisations.organisation_code = scores.organisation_code
