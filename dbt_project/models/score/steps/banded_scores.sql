select
    inputs.quarter,
    inputs.organisation_code,
    inputs.metric_id,
    cast(bands.score as decimal(18, 10)) as score,
    cast(bands.label as varchar) as label
from {{ ref('scoring_inputs') }} as inputs
inner join {{ ref('quarter_frameworks') }} as quarters on quarters.quarter = inputs.quarter
inner join {{ ref('score_bands') }} as bands
    on
        bands.framework = quarters.framework
        and bands.metric_id = inputs.metric_id
        and (
            bands.lower_bound is null
            or inputs.value > bands.lower_bound
            or (bands.lower_inclusive and inputs.value = bands.lower_bound)
        )
        and (
            bands.upper_bound is null
            or inputs.value < bands.upper_bound
            or (bands.upper_inclusive and inputs.value = bands.upper_bound)
        )
where inputs.scoring_rule = 'bands' and inputs.value is not null
