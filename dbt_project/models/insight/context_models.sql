-- An outcome passes where context foretells organisations that its fit has not seen, in this quarter and the last. Two
-- quarters that show one period, as an annual survey does, are one finding.
with scored as (
    {{ scored_periods() }}
),

parts as (
    select
        quarter,
        league,
        metric_id as outcome,
        metric_id,
        period_end
    from scored
    union all
    select
        scored.quarter,
        scored.league,
        metrics.domain,
        scored.metric_id,
        scored.period_end
    from scored
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = scored.quarter
            and metrics.league = scored.league
            and metrics.metric_id = scored.metric_id
    union all
    select
        quarter,
        league,
        'average_score',
        metric_id,
        period_end
    from scored
),

repeated as (
    select
        parts.quarter,
        parts.league,
        parts.outcome
    from parts
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = parts.quarter
    left join parts as before
        on
            before.quarter = quarters.previous_quarter
            and before.league = parts.league
            and before.outcome = parts.outcome
            and before.metric_id = parts.metric_id
    group by parts.quarter, parts.league, parts.outcome
    having bool_and(coalesce(before.period_end = parts.period_end, false))
),

case_mix_adjusted as (
    select
        metrics.quarter,
        metrics.league,
        metrics.metric_id
    from {{ ref('metrics_in_force') }} as metrics
    inner join {{ ref('metrics') }} as seeded
        on seeded.framework = metrics.framework and seeded.metric_id = metrics.metric_id and seeded.case_mix_adjusted
),

judged as (
    select
        fits.*,
        coalesce(
            fits.q_squared >= {{ level('model_q_squared') }}
            and fits.q_value <= {{ level('model_q_value') }}
            and fits.organisations >= {{ level('model_organisations') }},
            false
        ) as passes_now
    from {{ ref('context_fits') }} as fits
)

select
    judged.quarter,
    judged.league,
    judged.outcome_kind,
    judged.outcome,
    judged.basis,
    judged.organisations,
    nullif(judged.covariates, '') as covariates,
    judged.intercept,
    judged.slope_imd,
    judged.error_imd,
    judged.slope_share_65_plus,
    judged.error_share_65_plus,
    judged.slope_rural_share,
    judged.error_rural_share,
    judged.r_squared,
    judged.q_squared,
    judged.permutation_p,
    judged.q_value,
    judged.passes_now,
    previous.passes_now as passed_before,
    cast(
        case
            when judged.covariates = '' then 'too few organisations'
            when judged.r_squared is null then 'one score for all'
            when case_mix_adjusted.metric_id is not null then 'never adjusted twice'
            when not judged.passes_now then 'does not pass'
            when judged.basis = 'host_icb' then 'for comparison'
            when previous.passes_now is null then 'not yet: no fit of the quarter before'
            when not previous.passes_now then 'not yet: did not pass in the quarter before'
            when repeated.outcome is not null then 'not yet: shows one period in both quarters'
            else 'passes'
        end as string
    ) as verdict
from judged
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = judged.quarter
left join judged as previous
    on
        previous.quarter = quarters.previous_quarter
        and previous.league = judged.league
        and previous.outcome = judged.outcome
        and previous.basis = judged.basis
left join repeated
    on
        repeated.quarter = judged.quarter
        and repeated.league = judged.league
        and repeated.outcome = judged.outcome
left join case_mix_adjusted
    on
        case_mix_adjusted.quarter = judged.quarter
        and case_mix_adjusted.league = judged.league
        and case_mix_adjusted.metric_id = judged.outcome
