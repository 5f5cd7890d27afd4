-- Two decimals hide the order that the official arithmetic saw. Equal displayed values are put in the order of the
-- published rank where the population is one league, else of the published score; a tie there is a true tie.
with valued as (
    select
        *,
        case polarity when 'higher' then -value else value end as sort_value,
        case when leagues_expected = 1 then cast(published_rank as decimal(18, 6)) else published_score end
            as official_order,
        {{ beyond_threshold() }} as beyond_threshold
    from {{ ref('scoring_inputs') }}
    where best_score is not null and value is not null and population_complete
),

-- The official order settles equal values only where it is published for all of them.
ordered as (
    select
        *,
        case when count(official_order) over band_value = count(*) over band_value then official_order end as tie_order,
        min(official_order) over band_value < max(official_order) over band_value as order_differs
    from valued
    window band_value as (partition by quarter, metric_id, population, beyond_threshold, value)
),

ranked as (
    select
        *,
        cast(count(*) over band as integer) as population_size,
        cast(rank() over (
            partition by quarter, metric_id, population, beyond_threshold
            order by sort_value, tie_order nulls last
        ) as integer) as rank_in_population
    from ordered
    window band as (partition by quarter, metric_id, population, beyond_threshold)
)

select
    quarter,
    organisation_code,
    metric_id,
    beyond_threshold,
    population_size,
    rank_in_population,
    {{ score_of_place() }} as score,
    cast(
        case
            when tie_order is null or not order_differs then null
            when leagues_expected = 1 then 'published rank'
            else 'published score'
        end as string
    ) as ties_split_by,
    cast(case when population_size = 1 and not beyond_threshold then 'unknown' else 'verified' end as string) as label
from ranked
