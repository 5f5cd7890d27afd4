-- A domain of a release goes by the code that the seeds of its framework have for its published score, else for its
-- title, else by the one code that all seeds have for its title, else by its title. Where no release is at hand the
-- seeds count.
with published as (
    {{ found('domains', {'title': 'string', 'score_id': 'string', 'segment_id': 'string'}) }}
),

found as (
    select
        published.*,
        {{ replaced(replaced('lower(title)', '[^a-z0-9]+', '_'), '^_+|_+$', '') }} as title_as_code
    from published
),

of_any_framework as (
    select
        lower(title) as title,
        min(domain) as domain
    from {{ ref('domains') }}
    group by lower(title)
    having count(distinct domain) = 1
),

seeded as (
    select
        leagues.quarter,
        leagues.league,
        domains.domain,
        domains.title,
        domains.score_id,
        domains.segment_id,
        domains.label
    from {{ ref('leagues_in_force') }} as leagues
    inner join {{ ref('domains') }} as domains on domains.framework = leagues.framework
    where {{ seeded('leagues') }}
),

released as (
    select distinct
        quarter,
        league
    from found
),

named as (
    select
        found.*,
        of_any_framework.domain as code_of_any_framework,
        coalesce(by_id.domain, by_title.domain) as seeded_domain,
        coalesce(by_id.label, by_title.label) as seeded_label,
        coalesce(by_id.segment_id, by_title.segment_id) as seeded_segment_id
    from found
    left join seeded as by_id
        on
            by_id.quarter = found.quarter
            and by_id.league = found.league
            and by_id.score_id = found.score_id
    left join seeded as by_title
        on
            by_title.quarter = found.quarter
            and by_title.league = found.league
            and lower(by_title.title) = lower(found.title)
            and by_title.score_id not in (
                select other.score_id
                from found as other
                where
                    other.quarter = by_title.quarter
                    and other.league = by_title.league
                    and other.score_id is not null
            )
    left join of_any_framework on of_any_framework.title = lower(found.title)
),

coded as (
    select
        named.*,
        coalesce(seeded_domain, code_of_any_framework, title_as_code) as code
    from named
)

select
    quarter,
    league,
    cast(
        case
            when seeded_domain is null and count(*) over (partition by quarter, league, code) > 1 then title_as_code
            else code
        end as string
    ) as domain,
    title,
    score_id,
    segment_id,
    cast(case when seeded_segment_id = segment_id then seeded_label else 'discovered' end as string) as label
from coded
union all
select
    seeded.quarter,
    seeded.league,
    seeded.domain,
    seeded.title,
    seeded.score_id,
    seeded.segment_id,
    seeded.label
from seeded
left join released on released.quarter = seeded.quarter and released.league = seeded.league
where released.league is null
