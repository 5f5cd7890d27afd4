with left_out as (
    select
        left_out.quarter,
        left_out.league,
        left_out.organisation_code,
        max(case when left_out.left_out = 'override' then left_out.rank end) as rank_without_override,
        max(case when left_out.left_out = 'finance' then left_out.rank end) as rank_without_finance,
        min(case when left_out.left_out not in ('override', 'finance') then left_out.rank end) as rank_low,
        max(case when left_out.left_out not in ('override', 'finance') then left_out.rank end) as rank_high
    from {{ ref('ranks_left_out') }} as left_out
    group by left_out.quarter, left_out.league, left_out.organisation_code
),

shifts as (
    select
        left_out.quarter,
        left_out.league,
        left_out.organisation_code,
        left_out.left_out as metric_id,
        row_number() over (
            partition by left_out.quarter, left_out.league, left_out.organisation_code
            order by abs(left_out.rank - placings.rank) desc, left_out.left_out
        ) as place
    from {{ ref('ranks_left_out') }} as left_out
    inner join {{ ref('placings') }} as placings
        on
            placings.quarter = left_out.quarter
            and placings.league = left_out.league
            and placings.organisation_code = left_out.organisation_code
    where left_out.left_out not in ('override', 'finance') and left_out.rank <> placings.rank
)

select
    placings.quarter,
    placings.league,
    placings.organisation_code,
    organisations.organisation_name,
    placings.rank,
    ranges.rank_low,
    ranges.rank_high,
    ranges.same_segment_share,
    ranges.same_segment_share < levels.value as segment_uncertain,
    ranges.top_quarter_share,
    ranges.bottom_quarter_share,
    rank_sets.expected_rank,
    cast(left_out.rank_without_override as integer) as rank_without_override,
    cast(placings.rank - left_out.rank_without_override as integer) as places_lost_to_override,
    cast(left_out.rank_without_finance as integer) as rank_without_finance,
    cast(left_out.rank_low as integer) as left_out_rank_low,
    cast(left_out.rank_high as integer) as left_out_rank_high,
    shifts.metric_id as left_out_metric,
    methods.rank_low as method_rank_low,
    methods.rank_median as method_rank_median,
    methods.rank_high as method_rank_high,
    methods.mean_shift as method_mean_shift,
    coalesce(measured.metrics_measured, 0) as metrics_measured,
    measured.average_score_low as measurement_score_low,
    measured.average_score_high as measurement_score_high,
    measured.rank_low as measurement_rank_low,
    measured.rank_high as measurement_rank_high,
    cast(
        case
            when measured.metrics_measured > 0 and ranges.rank_variance > 0
                then least(measured.rank_variance / ranges.rank_variance, 1)
        end as decimal(4, 3)
    ) as measurement_share
from {{ ref('placings') }} as placings
inner join {{ ref('leagues_ranked') }} as leagues
    on leagues.quarter = placings.quarter and leagues.league = placings.league and leagues.role = 'asked for'
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = placings.quarter
        and organisations.organisation_code = placings.organisation_code
inner join {{ ref('decision_levels') }} as levels on levels.decision = 'segment_certain'
left join {{ ref('likely_ranges') }} as ranges
    on
        ranges.quarter = placings.quarter
        and ranges.league = placings.league
        and ranges.organisation_code = placings.organisation_code
left join {{ ref('rank_sets') }} as rank_sets
    on
        rank_sets.quarter = placings.quarter
        and rank_sets.league = placings.league
        and rank_sets.organisation_code = placings.organisation_code
left join left_out
    on
        left_out.quarter = placings.quarter
        and left_out.league = placings.league
        and left_out.organisation_code = placings.organisation_code
left join shifts
    on
        shifts.quarter = placings.quarter
        and shifts.league = placings.league
        and shifts.organisation_code = placings.organisation_code
        and shifts.place = 1
left join {{ ref('method_choices') }} as methods
    on
        methods.quarter = placings.quarter
        and methods.league = placings.league
        and methods.organisation_code = placings.organisation_code
left join {{ ref('measurement_error') }} as measured
    on
        measured.quarter = placings.quarter
        and measured.league = placings.league
        and measured.organisation_code = placings.organisation_code
where placings.rank is not null
