-- A score is looked up in the bands of its metric, or in the matrix cell where the banded scores of two metrics meet.
with banded as (
    select
        inputs.quarter,
        inputs.league,
        inputs.organisation_code,
        inputs.metric_id,
        cast(bands.score as decimal(18, 10)) as score,
        cast(bands.label as string) as label
    from {{ ref('scoring_inputs') }} as inputs
    inner join {{ ref('score_bands_in_force') }} as bands
        on
            bands.quarter = inputs.quarter
            and bands.league = inputs.league
            and bands.metric_id = inputs.metric_id
            and {{ in_band('inputs.value') }}
    where inputs.scoring_rule = 'bands' and inputs.value is not null
)

select
    quarter,
    organisation_code,
    metric_id,
    score,
    label
from banded
union all
select
    row_scores.quarter,
    row_scores.organisation_code,
    score_matrix.metric_id,
    score_matrix.score,
    {{ weakest_label('score_matrix.label', weakest_label('row_scores.label', 'column_scores.label')) }}
from {{ ref('score_matrix_in_force') }} as score_matrix
inner join banded as row_scores
    on
        row_scores.quarter = score_matrix.quarter
        and row_scores.league = score_matrix.league
        and row_scores.metric_id = score_matrix.row_metric_id
        and row_scores.score = score_matrix.row_score
inner join banded as column_scores
    on
        column_scores.quarter = row_scores.quarter
        and column_scores.organisation_code = row_scores.organisation_code
        and column_scores.metric_id = score_matrix.column_metric_id
        and column_scores.score = score_matrix.column_score
