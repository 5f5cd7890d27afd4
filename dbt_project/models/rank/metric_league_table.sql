-- Rank and quartiles within the league; equal displayed values in the order of the published rank, which the limits of
-- a rank do not know and are widened to.
-- A metric published as a score only is ranked by score.
with shown as (
    select
        scores.quarter,
        scores.league,
        scores.metric_id,
        metrics.title as metric_title,
        scores.organisation_code,
        scores.value,
        case when lower(counts.unit) = lower(metric_values.unit) then counts.numerator end as numerator,
        case when lower(counts.unit) = lower(metric_values.unit) then counts.denominator end as denominator,
        lower(counts.unit) <> lower(metric_values.unit) as is_in_another_unit,
        metrics.polarity || '_better' as direction,
        metric_values.unit,
        scores.score,
        case
            when metrics.polarity is null then scores.score_exact
            when metrics.polarity = 'higher' then -scores.value
            else scores.value
        end as sort_value,
        metric_values.published_rank
    from {{ ref('metric_scores') }} as scores
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = scores.quarter
            and metrics.league = scores.league
            and metrics.metric_id = scores.metric_id
    inner join {{ ref('metric_values') }} as metric_values
        on
            metric_values.quarter = scores.quarter
            and metric_values.organisation_code = scores.organisation_code
            and metric_values.metric_id = scores.metric_id
            and metric_values.value_basis = scores.value_basis
    left join {{ ref('metric_values') }} as counts
        on
            counts.quarter = scores.quarter
            and counts.organisation_code = scores.organisation_code
            and counts.metric_id = scores.metric_id
            and counts.value_basis = 'computed'
            and counts.status = 'reported'
            and scores.value is not null
    where scores.value is not null or scores.score is not null
),

ranked as (
    select
        *,
        cast(
            case
                when sort_value is not null
                    then rank() over (
                        partition by quarter, league, metric_id
                        order by sort_value nulls last, published_rank nulls last
                    )
            end as integer
        ) as rank
    from shown
),

quartiles as (
    select
        quarter,
        league,
        metric_id,
        percentile_cont(0.25) within group (order by {{ as_double('value') }}) as lower_quartile,
        percentile_cont(0.50) within group (order by {{ as_double('value') }}) as median,
        percentile_cont(0.75) within group (order by {{ as_double('value') }}) as upper_quartile
    from shown
    group by quarter, league, metric_id
)

select
    shown.quarter,
    shown.league,
    shown.metric_id,
    shown.metric_title,
    shown.organisation_code,
    shown.value,
    ranges.value_low,
    ranges.value_high,
    shown.numerator,
    shown.denominator,
    shown.unit,
    cast(shown.direction as string) as direction,
    shown.score,
    shown.rank,
    case when ranges.rank_low is not null then least(ranges.rank_low, shown.rank) end as rank_low,
    case when ranges.rank_high is not null then greatest(ranges.rank_high, shown.rank) end as rank_high,
    case
        when ranges.value_low is not null then null
        when shown.value is null then 'score alone'
        when ranges.metric_id is null then 'no law of chance'
        when shown.is_in_another_unit then 'another unit'
        else 'counts not known'
    end as no_limits_because,
    cast(
        case
            when min(shown.published_rank) over tied < max(shown.published_rank) over tied then 'published rank'
        end as string
    ) as ties_split_by,
    cast(round(cast(quartiles.median as decimal(18, 8)), 2) as decimal(18, 2)) as median,
    cast(round(cast(quartiles.lower_quartile as decimal(18, 8)), 2) as decimal(18, 2)) as lower_quartile,
    cast(round(cast(quartiles.upper_quartile as decimal(18, 8)), 2) as decimal(18, 2)) as upper_quartile,
    leagues.framework_status
from ranked as shown
inner join {{ ref('leagues_in_force') }} as leagues
    on leagues.quarter = shown.quarter and leagues.league = shown.league
left join quartiles
    on
        quartiles.quarter = shown.quarter
        and quartiles.league = shown.league
        and quartiles.metric_id = shown.metric_id
left join {{ ref('value_ranges') }} as ranges
    on
        ranges.quarter = shown.quarter
        and ranges.metric_id = shown.metric_id
        and ranges.organisation_code = shown.organisation_code
window tied as (partition by shown.quarter, shown.league, shown.metric_id, shown.sort_value)
