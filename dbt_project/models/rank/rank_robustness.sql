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
            order by abs(left_out.rank - league_ranks.rank) desc, left_out.left_out
        ) as place
    from {{ ref('ranks_left_out') }} as left_out
    inner join {{ ref('league_ranks') }} as league_ranks
        on
            league_ranks.quarter = left_out.quarter
            and league_ranks.league = left_out.league
            and league_ranks.organisation_code = left_out.organisation_code
    where left_out.left_out not in ('override', 'finance') and left_out.rank <> league_ranks.rank
)

select
    league_ranks.quarter,
    league_ranks.league,
    league_ranks.organisation_code,
    organisations.organisation_name,
    league_ranks.rank,
    uncertainty.likely_rank_low as rank_low,
    uncertainty.likely_rank_high as rank_high,
    uncertainty.likely_rank_high - uncertainty.likely_rank_low + 1 as places_covered,
    {{ position('uncertainty.likely_rank_low', 'uncertainty.likely_rank_high', 'leagues.organisations') }} as position,
    uncertainty.likely_same_segment_share as same_segment_share,
    uncertainty.likely_same_segment_share < {{ level('segment_certain') }} as segment_uncertain,
    uncertainty.likely_top_quarter_share as top_quarter_share,
    uncertainty.likely_bottom_quarter_share as bottom_quarter_share,
    uncertainty.set_expected_rank as expected_rank,
    cast(left_out.rank_without_override as integer) as rank_without_override,
    uncertainty.likely_rank_without_override_low as rank_low_without_override,
    uncertainty.likely_rank_without_override_high as rank_high_without_override,
    {{ position(
        'uncertainty.likely_rank_without_override_low',
        'uncertainty.likely_rank_without_override_high',
        'leagues.organisations'
    ) }} as position_without_override,
    cast(league_ranks.rank - left_out.rank_without_override as integer) as places_lost_to_override,
    cast(left_out.rank_without_finance as integer) as rank_without_finance,
    uncertainty.likely_rank_without_finance_low as rank_low_without_finance,
    uncertainty.likely_rank_without_finance_high as rank_high_without_finance,
    cast(left_out.rank_low as integer) as left_out_rank_low,
    cast(left_out.rank_high as integer) as left_out_rank_high,
    shifts.metric_id as left_out_metric,
    uncertainty.method_rank_low,
    uncertainty.method_rank_median,
    uncertainty.method_rank_high,
    uncertainty.method_mean_shift,
    coalesce(uncertainty.measured_metrics_measured, 0) as metrics_measured,
    uncertainty.measured_average_score_low as measurement_score_low,
    uncertainty.measured_average_score_high as measurement_score_high,
    uncertainty.measured_rank_low as measurement_rank_low,
    uncertainty.measured_rank_high as measurement_rank_high,
    cast(
        case
            when uncertainty.measured_metrics_measured > 0 and uncertainty.likely_rank_variance > 0
                then least({{ as_double('uncertainty.measured_rank_variance') }} / uncertainty.likely_rank_variance, 1)
        end as decimal(4, 3)
    ) as measurement_share
from {{ ref('league_ranks') }} as league_ranks
inner join {{ ref('leagues_in_statistics') }} as leagues
    on leagues.quarter = league_ranks.quarter and leagues.league = league_ranks.league and leagues.role = 'asked for'
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = league_ranks.quarter
        and organisations.organisation_code = league_ranks.organisation_code
        and organisations.league = league_ranks.league
left join {{ ref('rank_uncertainty') }} as uncertainty
    on
        uncertainty.quarter = league_ranks.quarter
        and uncertainty.league = league_ranks.league
        and uncertainty.organisation_code = league_ranks.organisation_code
left join left_out
    on
        left_out.quarter = league_ranks.quarter
        and left_out.league = league_ranks.league
        and left_out.organisation_code = league_ranks.organisation_code
left join shifts
    on
        shifts.quarter = league_ranks.quarter
        and shifts.league = league_ranks.league
        and shifts.organisation_code = league_ranks.organisation_code
        and shifts.place = 1
where league_ranks.rank is not null
