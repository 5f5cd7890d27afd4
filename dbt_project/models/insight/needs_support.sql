-- All of four conditions. What the quarter before decides is open where it is not at hand: never guessed.
with bottom_quarters as (
    select
        quarter,
        league,
        organisation_code,
        bottom_quarter_share
    from {{ ref('rank_robustness') }}
    union all
    select
        quarter,
        league,
        organisation_code,
        bottom_quarter_share
    from {{ ref('ranges_before') }}
),

domains as (
    select
        quarter,
        league,
        organisation_code,
        cast(count(domain_segment) as integer) as domains_in_segment_4,
        {{ joined('domain', ' ') }} as domains
    from {{ ref('domain_league_table') }}
    where domain_segment = 4
    group by quarter, league, organisation_code
),

weak as (
    select
        quarter,
        league,
        organisation_code,
        {{ joined('metric_id', ' ', distinct=true) }} as weak_metrics,
        {{ joined("metric_id || ' ' || codes", '; ', by='metric_id') }} as learn_from
    from (
        select
            quarter,
            league,
            organisation_code,
            metric_id,
            {{ joined('candidate_code', ' ', by='place') }} as codes
        from {{ ref('learn_from') }}
        group by quarter, league, organisation_code, metric_id
    ) as of_metric
    group by quarter, league, organisation_code
),

contexts as (
    select
        quarter,
        league,
        organisation_code,
        {{ joined(
            "measure || ' ' || cast(value as decimal(9, 3)) || ' (England ' || cast(england_value as decimal(9, 3))"
            " || ', ' || basis || ')'",
            '; ', by='measure'
        ) }} as context
    from {{ ref('context') }}
    where preferred
    group by quarter, league, organisation_code
)

select
    improvement.quarter,
    improvement.league,
    improvement.organisation_code,
    improvement.organisation_name,
    cast(
        case
            when before.bottom_quarter_share is null or improvement.verdict is null then 'not_yet' else 'needs_support'
        end as string
    ) as status,
    cast(
        case
            when before.bottom_quarter_share is null or improvement.verdict is null
                then improvement.not_compared_reason
        end as string
    ) as not_yet_reason,
    improvement.rank,
    now.bottom_quarter_share,
    before.bottom_quarter_share as previous_bottom_quarter_share,
    improvement.verdict,
    domains.domains_in_segment_4,
    cast(domains.domains as string) as domains,
    cast(weak.weak_metrics as string) as weak_metrics,
    cast(weak.learn_from as string) as learn_from,
    cast(contexts.context as string) as context,
    cast('experimental' as string) as label
from {{ ref('improvement') }} as improvement
inner join bottom_quarters as now
    on
        now.quarter = improvement.quarter
        and now.league = improvement.league
        and now.organisation_code = improvement.organisation_code
        and now.bottom_quarter_share >= {{ level('bottom_quarter_likely') }}
inner join domains
    on
        domains.quarter = improvement.quarter
        and domains.league = improvement.league
        and domains.organisation_code = improvement.organisation_code
        and domains.domains_in_segment_4 >= {{ level('domains_in_segment_four') }}
left join bottom_quarters as before
    on
        before.quarter = improvement.previous_quarter
        and before.league = improvement.league
        and before.organisation_code = improvement.organisation_code
left join weak
    on
        weak.quarter = improvement.quarter
        and weak.league = improvement.league
        and weak.organisation_code = improvement.organisation_code
left join contexts
    on
        contexts.quarter = improvement.quarter
        and contexts.league = improvement.league
        and contexts.organisation_code = improvement.organisation_code
where
    coalesce(before.bottom_quarter_share >= {{ level('bottom_quarter_likely') }}, true)
    and coalesce(improvement.verdict, '') <> 'improved'
