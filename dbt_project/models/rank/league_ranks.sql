-- Rank within league by adjusted segment, then average score; ties share the best rank (1, 1, 3). Who cannot be placed
-- is listed with the reason and takes no place.
with kinds as (
    select distinct
        kind,
        not_ranked_reason
    from {{ ref('commissioner_kinds') }}
),

placed as (
    select
        organisations.quarter,
        coalesce(organisations.league, 'icb') as league,
        organisations.organisation_code,
        case when covered.covered then scores.average_score end as average_score,
        scores.metrics_counted,
        segments.segment_unadjusted,
        segments.financial_override,
        segments.override_segment,
        segments.segment,
        segments.final_segment,
        case
            when organisations.organisation_type not in ('trust', 'icb')
                then coalesce(kinds.not_ranked_reason, 'is no Integrated Care Board')
            when covered.not_covered_reason is not null then covered.not_covered_reason
            when scores.average_score is null then 'no metric has a score'
            when segments.segment_unadjusted is null then 'no segment cut points for the quarter'
            when segments.segment is null then 'the financial override flag is not published'
        end as not_ranked_reason
    from {{ ref('organisations') }} as organisations
    left join {{ ref('average_scores') }} as scores
        on
            scores.quarter = organisations.quarter
            and scores.league = organisations.league
            and scores.organisation_code = organisations.organisation_code
    left join {{ ref('adjusted_segments') }} as segments
        on
            segments.quarter = organisations.quarter
            and segments.league = organisations.league
            and segments.organisation_code = organisations.organisation_code
    left join {{ ref('organisations_covered') }} as covered
        on
            covered.quarter = organisations.quarter
            and covered.league = organisations.league
            and covered.organisation_code = organisations.organisation_code
            and covered.scope = 'overall'
    left join kinds on kinds.kind = organisations.organisation_type
    where
        (organisations.organisation_type = 'trust' and organisations.league is not null)
        or organisations.organisation_type in ('icb', 'commissioning_hub', 'other_commissioner')
)

select
    quarter,
    cast(league as string) as league,
    organisation_code,
    cast(
        case
            when not_ranked_reason is null
                then rank() over (
                    partition by quarter, league, not_ranked_reason is null
                    order by segment, average_score
                )
        end as integer
    ) as rank,
    cast(
        case
            when average_score is not null
                then rank() over (partition by quarter, league order by average_score nulls last)
        end as integer
    ) as rank_without_override,
    average_score,
    coalesce(metrics_counted, 0) as metrics_counted,
    segment_unadjusted,
    financial_override,
    override_segment,
    segment,
    final_segment,
    cast(not_ranked_reason as string) as not_ranked_reason
from placed
