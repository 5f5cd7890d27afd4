-- Commissioners that are no ICB are listed, not ranked. There is no override.
select
    placings.quarter,
    placings.rank,
    ranges.rank_low,
    ranges.rank_high,
    placings.organisation_code as icb_code,
    organisations.organisation_name as icb_name,
    organisations.organisation_type,
    organisations.region,
    placings.average_score,
    ranges.average_score_low,
    ranges.average_score_high,
    placings.segment,
    placings.metrics_counted,
    leagues.metrics_expected,
    leagues.coverage,
    placings.not_ranked_reason is null as ranked,
    placings.not_ranked_reason,
    leagues.framework_status,
    previous.rank as previous_rank,
    cast(
        case
            when leagues.metrics_missing is not distinct from leagues_before.metrics_missing
                then previous.rank - placings.rank
        end as integer
    ) as rank_change,
    cast(
        case
            when placings.rank is null then null
            when leagues_before.quarter is null then 'the previous quarter is of another framework, or of none'
            when not leagues_before.published then 'no league of the previous quarter: ' || leagues_before.absent_reason
            when previous.rank is null then 'not ranked in the previous quarter'
            when leagues.metrics_missing is distinct from leagues_before.metrics_missing
                then 'the previous quarter was ranked on other metrics'
        end as varchar
    ) as no_rank_change_reason
from {{ ref('placings') }} as placings
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = placings.quarter
        and organisations.organisation_code = placings.organisation_code
inner join {{ ref('league_coverage') }} as leagues
    on leagues.quarter = placings.quarter and leagues.league = 'icb'
left join {{ ref('likely_ranges') }} as ranges
    on
        ranges.quarter = placings.quarter
        and ranges.league = placings.league
        and ranges.organisation_code = placings.organisation_code
left join {{ ref('quarters') }} as quarters on quarters.quarter = placings.quarter
left join {{ ref('league_coverage') }} as leagues_before
    on
        leagues_before.quarter = quarters.previous_quarter
        and leagues_before.league = 'icb'
        and leagues_before.framework = leagues.framework
left join {{ ref('placings') }} as previous
    on
        previous.quarter = leagues_before.quarter
        and previous.league = placings.league
        and previous.organisation_code = placings.organisation_code
where placings.league = 'icb'
