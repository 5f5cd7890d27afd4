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

levels as (
    select
        max(value) filter (where decision = 'bottom_quarter_likely') as bottom_quarter_likely,
        max(value) filter (where decision = 'domains_in_segment_four') as domains_needed
    from {{ ref('decision_levels') }}
),

domains as (
    select
        quarter,
        league,
        organisation_code,
        cast(count(domain_segment) as integer) as domains_in_segment_4,
        string_agg(domain, ' ' order by domain) as domains
    from {{ ref('domain_league_table') }}
    where domain_segment = 4
    group by quarter, league, organisation_code
),

weak as (
    select
        quarter,
        league,
        organisation_code,
        string_agg(distinct metric_id, ' ' order by metric_id) as weak_metrics,
        string_agg(metric_id || ' ' || codes, '; ' order by metric_id) filter (where codes is not null) as learn_from
    from (
        select
            quarter,
            league,
            organisation_code,
            metric_id,
            string_agg(candidate_code, ' ' order by place) as codes
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
        string_agg(
            measure || ' ' || cast(value as decimal(9, 3))
            || ' (England ' || cast(england_value as decimal(9, 3)) || ', ' || basis || ')',
            '; ' order by measure
        ) as context
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
        end as varchar
    ) as status,
    cast(
        case
            when before.bottom_quarter_share is null or improvement.verdict is null
                then improvement.not_compared_reason
        end as varchar
    ) as not_yet_reason,
    improvement.rank,
    now.bottom_quarter_share,
    before.bottom_quarter_share as previous_bottom_quarter_share,
    improvement.verdict,
    domains.domains_in_segment_4,
    cast(domains.domains as varchar) as domains,
    cast(weak.weak_metrics as varchar) as weak_metrics,
    cast(weak.learn_from as varchar) as learn_from,
    cast(contexts.context as varchar) as context,
    cast('experimental' as varchar) as label
from {{ ref('improvement') }} as improvement
cross join levels
inner join bottom_quarters as now
    on
        now.quarter = improvement.quarter
        and now.league = improvement.league
        and now.organisation_code = improvement.organisation_code
        and now.bottom_quarter_share >= levels.bottom_quarter_likely
inner join domains
    on
        domains.quarter = improvement.quarter
        and domains.league = improvement.league
        and domains.organisation_code = improvement.organisation_code
        and domains.domains_in_segment_4 >= levels.domains_needed
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
    coalesce(before.bottom_quarter_share >= levels.bottom_quarter_likely, true)
    and coalesce(improvement.verdict, '') <> 'improved'
