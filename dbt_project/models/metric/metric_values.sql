-- Absence is a row: the spine of published values is every metric of the organisation's league. Values computed from
-- the primary publications stand beside them, never in their place, in the unit of seed `metrics`. A score or a rank
-- that was published under other rules is none.
with spine as (
    select
        organisations.quarter,
        organisations.organisation_code,
        organisations.organisation_type,
        organisations.league,
        metrics.metric_id,
        metrics.score_id,
        metrics.unit,
        coalesce(metrics.is_foreign, false) as is_foreign,
        coalesce(bases.value_basis = 'published', false) as is_released
    from {{ ref('organisations') }} as organisations
    inner join {{ ref('metrics_in_force') }} as metrics
        on metrics.quarter = organisations.quarter and metrics.league = organisations.league
    left join {{ ref('league_value_basis') }} as bases
        on bases.quarter = organisations.quarter and bases.league = organisations.league
    where metrics.value_basis = 'published'
),

-- Infections are published as a count and as a rate: the framework says which of the two is not the metric.
figures as (
    select figures.*
    from {{ ref('nof_figures') }} as figures
    left join {{ ref('metrics_in_force') }} as ignored
        on
            ignored.quarter = figures.quarter
            and ignored.league = figures.league
            and ignored.metric_id = figures.published_id
            and ignored.ignored_unit = lower(figures.unit)
    where ignored.metric_id is null
),

joined as (
    select
        spine.*,
        figure.value,
        figure.suppressed,
        case when not spine.is_foreign then figure.published_rank end as published_rank,
        case when not spine.is_foreign then score.value end as published_score,
        score.value is not null as has_score,
        coalesce(figure.unit, spine.unit) as published_unit,
        coalesce(figure.reporting_date, score.reporting_date) as reporting_date,
        coalesce(figure.source_sha256, score.source_sha256) as source_sha256,
        coalesce(figure.source_member, score.source_member) as source_member,
        coalesce(figure.source_row, score.source_row) as source_row,
        score.source_row as published_score_row
    from spine
    left join figures as figure
        on
            figure.quarter = spine.quarter
            and figure.league = spine.league
            and figure.trust_code = spine.organisation_code
            and figure.published_id = spine.metric_id
    left join figures as score
        on
            score.quarter = spine.quarter
            and score.league = spine.league
            and score.trust_code = spine.organisation_code
            and score.published_id = spine.score_id
)

select
    joined.quarter,
    joined.organisation_code,
    joined.organisation_type,
    joined.league,
    joined.metric_id,
    cast('published' as string) as value_basis,
    cast(null as decimal(18, 6)) as numerator,
    cast(null as decimal(18, 6)) as denominator,
    joined.value,
    joined.published_unit as unit,
    joined.reporting_date,
    periods.period_start,
    periods.period_end,
    cast(
        case
            when joined.value is not null then 'reported'
            when joined.suppressed then 'suppressed'
            when joined.published_score is not null then 'reported'
            else 'missing'
        end as string
    ) as status,
    cast(
        case
            when joined.value is not null and successions.successor_code is not null
                then 'published of a predecessor of ' || successions.successor_code || ', which it cannot be added to'
            when joined.value is not null then null
            when joined.suppressed then 'suppressed in the release'
            when joined.published_score is not null then 'published as a score only'
            when joined.has_score then 'published as a score only, by the rules of another framework'
            when not joined.is_released then 'no NHS Oversight Framework file of the league for the quarter'
            else 'not in the release: not applicable or not submitted'
        end as string
    ) as status_reason,
    joined.published_rank,
    joined.published_score,
    cast(case when joined.source_sha256 is not null then 'nof_data' end as string) as source_id,
    joined.source_sha256,
    joined.source_member,
    joined.source_row,
    joined.published_score_row
from joined
left join {{ ref('reporting_periods') }} as periods on periods.reporting_date = joined.reporting_date
left join {{ ref('successions') }} as successions
    on successions.quarter = joined.quarter and successions.predecessor_code = joined.organisation_code
union all
select
    computed.quarter,
    computed.organisation_code,
    computed.organisation_type,
    computed.league,
    computed.metric_id,
    'computed',
    computed.numerator,
    computed.denominator,
    case when computed.status = 'reported' then computed.ratio end,
    metrics.unit,
    computed.reporting_date,
    computed.period_start,
    computed.period_end,
    computed.status,
    computed.status_reason,
    null,
    null,
    computed.source_id,
    computed.source_sha256,
    null,
    null,
    null
from {{ ref('computed_values') }} as computed
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = computed.framework and metrics.metric_id = computed.metric_id
where computed.organisation_type is not null
