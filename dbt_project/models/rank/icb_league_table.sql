-- Our league of ICBs; that of NHS England is in league_table. Commissioners that are no ICB are listed, not ranked.
-- There is no override.
select
    quarter,
    rank,
    rank_low,
    rank_high,
    organisation_code,
    organisation_name,
    organisation_type,
    region,
    average_score,
    average_score_low,
    average_score_high,
    segment,
    metrics_counted,
    metrics_expected,
    coverage,
    ranked,
    not_ranked_reason,
    framework_status,
    previous_rank,
    rank_change,
    no_rank_change_reason
from {{ ref('league_table') }}
where league = 'icb'
