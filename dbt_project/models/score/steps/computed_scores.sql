select
    quarter,
    organisation_code,
    metric_id,
    population_size,
    rank_in_population,
    cast(
        case
            when beyond_threshold then beyond_threshold_score
            when population_size = 1 then single_score
            else best_score + span * (rank_in_population - 1) / {{ as_double('population_size - 1') }}
        end as decimal(18, 10)
    ) as score,
    ties_split_by,
    cast(case when population_size = 1 and not beyond_threshold then 'unknown' else 'verified' end as varchar) as label
from {{ ref('ranked_values') }}
