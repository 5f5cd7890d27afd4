-- Rank by segment, then average score, as for trusts; no override. Commissioners that are no ICB are listed, not
-- ranked.
with kinds as (
    select distinct
        kind,
        not_ranked_reason
    from {{ ref('commissioner_kinds') }}
),

placed as (
    select
        organisations.quarter,
        organisations.organisation_code,
        organisations.organisation_name,
        organisations.organisation_type,
        organisations.region,
        segments.average_score,
        segments.segment,
        coalesce(covered.metrics_held, 0) as metrics_counted,
        case
            when organisations.organisation_type <> 'icb'
                then coalesce(kinds.not_ranked_reason, 'is no Integrated Care Board')
            when covered.not_covered_reason is not null then covered.not_covered_reason
            when segments.segment is null and covered.organisation_code is null then 'no metric has a score'
            when segments.segment is null then 'no segment cut points for the quarter'
        end as not_ranked_reason
    from {{ ref('organisations') }} as organisations
    left join {{ ref('adjusted_segments') }} as segments
        on
            segments.quarter = organisations.quarter
            and segments.organisation_code = organisations.organisation_code
    left join {{ ref('organisations_covered') }} as covered
        on
            covered.quarter = organisations.quarter
            and covered.organisation_code = organisations.organisation_code
            and covered.scope = 'overall'
    left join kinds on kinds.kind = organisations.organisation_type
    where organisations.organisation_type in ('icb', 'commissioning_hub', 'other_commissioner')
),

ranked as (
    select
        *,
        case
            when not_ranked_reason is null
                then rank() over (partition by quarter, not_ranked_reason is null order by segment, average_score)
        end as league_rank
    from placed
)

select
    ranked.quarter,
    cast(ranked.league_rank as integer) as rank,
    cast(null as integer) as rank_low,
    cast(null as integer) as rank_high,
    ranked.organisation_code as icb_code,
    ranked.organisation_name as icb_name,
    ranked.organisation_type,
    ranked.region,
    ranked.average_score,
    cast(null as decimal(4, 2)) as average_score_low,
    cast(null as decimal(4, 2)) as average_score_high,
    ranked.segment,
    ranked.metrics_counted,
    leagues.metrics_expected,
    leagues.coverage,
    ranked.not_ranked_reason is null as ranked,
    cast(ranked.not_ranked_reason as varchar) as not_ranked_reason,
    leagues.framework_status,
    cast(previous.league_rank as integer) as previous_rank,
    cast(
        case
            when leagues.metrics_missing is not distinct from leagues_before.metrics_missing
                then previous.league_rank - ranked.league_rank
        end as integer
    ) as rank_change,
    cast(
        case
            when ranked.league_rank is null then null
            when leagues_before.quarter is null then 'the previous quarter is of another framework, or of none'
            when not leagues_before.published then 'no league of the previous quarter: ' || leagues_before.absent_reason
            when previous.league_rank is null then 'not ranked in the previous quarter'
            when leagues.metrics_missing is distinct from leagues_before.metrics_missing
                then 'the previous quarter was ranked on other metrics'
        end as varchar
    ) as no_rank_change_reason
from ranked
inner join {{ ref('league_coverage') }} as leagues
    on leagues.quarter = ranked.quarter and leagues.league = 'icb'
left join {{ ref('quarters') }} as quarters on quarters.quarter = ranked.quarter
left join {{ ref('league_coverage') }} as leagues_before
    on
        leagues_before.quarter = quarters.previous_quarter
        and leagues_before.league = 'icb'
        and leagues_before.framework = leagues.framework
left join ranked as previous
    on previous.quarter = leagues_before.quarter and previous.organisation_code = ranked.organisation_code
