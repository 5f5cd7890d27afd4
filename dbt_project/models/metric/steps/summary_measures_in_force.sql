-- What a release calls each summary measure. One that it lacks goes by the id of the seeds.
with found as (
    {{ found('summary_measures', {'measure': 'string', 'published_id': 'string', 'title': 'string'}) }}
),

seeded as (
    select
        leagues.quarter,
        leagues.league,
        measures.measure,
        measures.published_id,
        measures.title,
        measures.label
    from {{ ref('leagues_in_force') }} as leagues
    inner join {{ ref('summary_measures') }} as measures on measures.framework = leagues.framework
    where {{ seeded('leagues') }}
)

select
    coalesce(seeded.quarter, found.quarter) as quarter,
    coalesce(seeded.league, found.league) as league,
    cast(coalesce(seeded.measure, found.measure) as string) as measure,
    cast(coalesce(found.published_id, seeded.published_id) as string) as published_id,
    cast(coalesce(seeded.title, found.title) as string) as title,
    cast(
        case
            when found.published_id = seeded.published_id or found.published_id is null then seeded.label
            else 'discovered'
        end as string
    ) as label
from seeded
full outer join found
    on found.quarter = seeded.quarter and found.league = seeded.league and found.measure = seeded.measure
