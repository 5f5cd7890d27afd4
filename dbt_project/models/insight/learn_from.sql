with scored as (
    select
        scores.quarter,
        scores.league,
        scores.organisation_code,
        organisations.organisation_name,
        scores.metric_id,
        scores.value,
        scores.score
    from {{ ref('metric_scores') }} as scores
    inner join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = scores.quarter
            and organisations.league = scores.league
            and organisations.organisation_code = scores.organisation_code
)

select
    candidates.quarter,
    candidates.league,
    candidates.organisation_code,
    own.organisation_name,
    candidates.metric_id,
    metrics.title as metric_title,
    metrics.unit,
    own.value,
    own.score,
    candidates.place,
    candidates.candidate_code,
    theirs.organisation_name as candidate_name,
    theirs.value as candidate_value,
    theirs.score as candidate_score,
    metrics.unit = '%' and theirs.value = case metrics.polarity when 'higher' then 100 else 0 end as at_bound,
    candidates.previous_quarter,
    own_before.value as previous_value,
    theirs_before.value as candidate_previous_value,
    theirs_before.score as candidate_previous_score,
    candidates.noise,
    candidates.difference_needed,
    candidates.noise_basis,
    candidates.basis,
    candidates.candidates,
    candidates.not_named_reason,
    cast('experimental' as string) as label
from {{ ref('candidates') }} as candidates
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = candidates.quarter
        and metrics.league = candidates.league
        and metrics.metric_id = candidates.metric_id
inner join scored as own
    on
        own.quarter = candidates.quarter
        and own.league = candidates.league
        and own.metric_id = candidates.metric_id
        and own.organisation_code = candidates.organisation_code
left join scored as theirs
    on
        theirs.quarter = candidates.quarter
        and theirs.league = candidates.league
        and theirs.metric_id = candidates.metric_id
        and theirs.organisation_code = candidates.candidate_code
left join scored as own_before
    on
        own_before.quarter = candidates.previous_quarter
        and own_before.league = candidates.league
        and own_before.metric_id = candidates.metric_id
        and own_before.organisation_code = candidates.organisation_code
left join scored as theirs_before
    on
        theirs_before.quarter = candidates.previous_quarter
        and theirs_before.league = candidates.league
        and theirs_before.metric_id = candidates.metric_id
        and theirs_before.organisation_code = candidates.candidate_code
