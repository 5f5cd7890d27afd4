select
    row_scores.quarter,
    row_scores.organisation_code,
    cast(score_matrix.metric_id as varchar) as metric_id,
    cast(score_matrix.score as decimal(18, 10)) as score,
    cast(
        {{ weakest_label('score_matrix.label', weakest_label('row_scores.label', 'column_scores.label')) }} as varchar
    ) as label
from {{ ref('score_matrix') }} as score_matrix
inner join {{ ref('quarter_frameworks') }} as quarters on quarters.framework = score_matrix.framework
inner join {{ ref('banded_scores') }} as row_scores
    on
        row_scores.quarter = quarters.quarter
        and row_scores.metric_id = score_matrix.row_metric_id
        and row_scores.score = score_matrix.row_score
inner join {{ ref('banded_scores') }} as column_scores
    on
        column_scores.quarter = row_scores.quarter
        and column_scores.organisation_code = row_scores.organisation_code
        and column_scores.metric_id = score_matrix.column_metric_id
        and column_scores.score = score_matrix.column_score
