-- The league of a trust in a quarter without a release of its league: by the latest NHS Oversight Framework release at
-- hand, else by seed `trusts`, else by ORG_TYPE of the latest sickness absence file, else by the trust list. At hand is
-- what a build of the quarter reads, or of the one after it where the quarter only stands before: not all of a pass.
with read as (
    select distinct
        quarters.quarter,
        build.reads
    from {{ ref('quarters_in_scope') }} as quarters
    inner join {{ ref('quarters_read') }} as readers
        on
            readers.reads = quarters.quarter
            and (readers.quarter = quarters.quarter or quarters.role = 'previous')
    inner join {{ ref('quarters_read') }} as build on build.quarter = readers.quarter
),

latest_release as (
    select
        read.quarter,
        figures.trust_code,
        max_by(figures.league, (figures.quarter, figures.league)) as league
    from {{ ref('nof_figures') }} as figures
    inner join read on read.reads = figures.quarter
    where figures.league <> 'icb_official'
    group by read.quarter, figures.trust_code
),

by_type as (
    select
        read.quarter,
        days.organisation_code as trust_code,
        max_by(days.league, (days.month, days.league)) as league
    from {{ ref('sickness_days') }} as days
    inner join read on read.reads = days.quarter
    where days.league is not null
    group by read.quarter, days.organisation_code
),

codes as (
    select trust_code from {{ ref('trusts') }}
    union
    select trust_code from latest_release
    union
    select trust_code from by_type
    union
    select trust_code from {{ ref('listed_trusts') }}
)

select
    quarters.quarter,
    codes.trust_code,
    coalesce(released.league, trusts.league, by_type.league, listed.league) as league,
    case
        when released.league is not null then 'release'
        when trusts.league is not null then 'seed trusts'
        when by_type.league is not null then 'sickness absence, ORG_TYPE'
        when listed.league is not null then 'trust list'
    end as league_source,
    by_type.league as league_by_type
from codes
cross join {{ ref('quarters_in_scope') }} as quarters
left join latest_release as released
    on released.quarter = quarters.quarter and released.trust_code = codes.trust_code
left join {{ ref('trusts') }} as trusts on trusts.trust_code = codes.trust_code
left join by_type on by_type.quarter = quarters.quarter and by_type.trust_code = codes.trust_code
left join {{ ref('listed_trusts') }} as listed
    on listed.quarter = quarters.quarter and listed.trust_code = codes.trust_code
where coalesce(released.league, trusts.league, by_type.league, listed.league) is not null
