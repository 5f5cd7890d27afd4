-- A seeded cut point counts where it parts the scores of the release as its segments do, else the bounds found there.
-- Where nobody is on one side of it, the other side alone bounds it. The leagues of a framework share its cut points:
-- what a release shows counts for those too that have none.
with cuts as (
    {{ found('cut_points', {
        'scope': 'string',
        'better_segment': 'integer',
        'largest_in_better': 'decimal(4, 2)',
        'smallest_in_worse': 'decimal(4, 2)',
    }) }}
),

found as (
    select
        cuts.quarter,
        cuts.league,
        coalesce(domains.domain, cuts.scope) as scope,
        cuts.better_segment,
        cuts.largest_in_better,
        cuts.smallest_in_worse
    from cuts
    left join {{ ref('domains_in_force') }} as domains
        on domains.quarter = cuts.quarter and domains.league = cuts.league and domains.title = cuts.scope
    where cuts.largest_in_better is not null or cuts.smallest_in_worse is not null
),

seeded as (
    select
        leagues.quarter,
        leagues.league,
        cut_points.scope,
        cut_points.better_segment,
        cut_points.largest_in_better,
        cut_points.smallest_in_worse,
        cut_points.basis,
        cut_points.label
    from {{ ref('leagues_in_force') }} as leagues
    inner join {{ ref('cut_points') }} as cut_points
        on cut_points.framework = leagues.framework and cut_points.quarter = leagues.quarter
    where {{ seeded('leagues') }}
),

compared as (
    select
        coalesce(seeded.quarter, found.quarter) as quarter,
        coalesce(seeded.league, found.league) as league,
        coalesce(seeded.scope, found.scope) as scope,
        coalesce(seeded.better_segment, found.better_segment) as better_segment,
        found.scope is not null as is_seen,
        seeded.scope is not null
        and coalesce(found.largest_in_better <= (seeded.largest_in_better + seeded.smallest_in_worse) / 2, true)
        and coalesce(found.smallest_in_worse > (seeded.largest_in_better + seeded.smallest_in_worse) / 2, true)
            as as_seeded,
        seeded.largest_in_better as seeded_largest,
        seeded.smallest_in_worse as seeded_smallest,
        seeded.basis,
        seeded.label,
        coalesce(found.largest_in_better, found.smallest_in_worse - 0.01) as found_largest,
        coalesce(found.smallest_in_worse, found.largest_in_better + 0.01) as found_smallest
    from seeded
    full outer join found
        on
            found.quarter = seeded.quarter
            and found.league = seeded.league
            and found.scope = seeded.scope
            and found.better_segment = seeded.better_segment
)

select
    compared.quarter,
    leagues.framework,
    compared.league,
    cast(compared.scope as string) as scope,
    compared.better_segment,
    cast(
        case when compared.as_seeded then compared.seeded_largest else compared.found_largest end as decimal(4, 2)
    ) as largest_in_better,
    cast(
        case when compared.as_seeded then compared.seeded_smallest else compared.found_smallest end as decimal(4, 2)
    ) as smallest_in_worse,
    cast(case when compared.as_seeded then compared.basis else 'observed' end as string) as basis,
    cast(case when compared.as_seeded then compared.label else 'discovered' end as string) as label
from compared
inner join {{ ref('leagues_in_force') }} as leagues
    on leagues.quarter = compared.quarter and leagues.league = compared.league
qualify
    compared.is_seen
    or not bool_or(compared.is_seen) over (
        partition by compared.quarter, leagues.framework, compared.scope, compared.better_segment
    )
