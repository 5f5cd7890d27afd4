-- One metric at the place of another organisation, all else as it is: score, average, segment and, last, the override.
-- Who shares a place has its score: exact where the whole population is at hand, else by the part of it that is.
with valued as (
    select
        scores.*,
        metrics.title as metric_title,
        metrics.unit,
        metrics.polarity,
        metrics.standard,
        metrics.floor,
        metrics.score_decimals,
        rules.threshold,
        rules.beyond_threshold_score,
        rules.best_score,
        case metrics.polarity when 'higher' then -scores.value when 'lower' then scores.value end as badness,
        coalesce({{ beyond_threshold() }}, false) as is_beyond
    from {{ ref('metric_scores') }} as scores
    inner join {{ ref('metrics_in_force') }} as metrics
        on
            metrics.quarter = scores.quarter
            and metrics.league = scores.league
            and metrics.metric_id = scores.metric_id
    left join {{ ref('scoring_rules') }} as rules on rules.scoring_rule = metrics.scoring_rule
    where scores.counted
),

-- Up to the next cut point an average is in a better segment.
below as (
    select
        valued.*,
        organisations.organisation_name,
        ranks.average_score,
        ranks.segment_unadjusted,
        ranks.financial_override,
        ranks.override_segment,
        ranks.segment,
        ranks.final_segment,
        leagues.cut_1,
        leagues.cut_2,
        leagues.cut_3,
        case ranks.segment_unadjusted
            when 2 then leagues.cut_1 when 3 then leagues.cut_2 when 4 then leagues.cut_3
        end as next_cut,
        sum(valued.weight * valued.score_exact) over own as total,
        sum(valued.weight) over own as weights
    from valued
    inner join {{ ref('league_ranks') }} as ranks
        on
            ranks.quarter = valued.quarter
            and ranks.league = valued.league
            and ranks.organisation_code = valued.organisation_code
            and ranks.rank is not null
            and ranks.segment > 1
    inner join {{ ref('leagues_in_statistics') }} as leagues
        on leagues.quarter = ranks.quarter and leagues.league = ranks.league and leagues.role = 'asked for'
    inner join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = ranks.quarter
            and organisations.league = ranks.league
            and organisations.organisation_code = ranks.organisation_code
    window own as (partition by valued.quarter, valued.league, valued.organisation_code)
),

-- What somebody has, and the standard. Of equal values that the official arithmetic told apart, the worst score.
shown as (
    select
        quarter,
        metric_id,
        population,
        badness,
        value,
        is_beyond,
        max(score_exact) as score_exact,
        max(population_size) as size
    from valued
    where badness is not null
    group by quarter, metric_id, population, badness, value, is_beyond
    union
    select
        quarter,
        metric_id,
        population,
        case polarity when 'higher' then -standard else standard end,
        standard,
        true,
        beyond_threshold_score,
        null
    from valued
    where threshold = 'standard'
),

tried as (
    select
        below.quarter,
        below.league,
        below.organisation_code,
        below.metric_id,
        below.total,
        below.weight,
        below.weights,
        below.score_exact,
        below.next_cut,
        shown.value as other_value,
        shown.badness as other_badness,
        {{ score_at_place_of('below', 'shown') }} as other_score
    from below
    inner join shown
        on
            shown.quarter = below.quarter
            and shown.metric_id = below.metric_id
            and shown.population = below.population
            and shown.badness < below.badness
),

needed as (
    select
        quarter,
        league,
        organisation_code,
        metric_id,
        max_by(other_value, other_badness) as value_needed
    from tried
    where {{ average_with('other_score') }} <= next_cut
    group by quarter, league, organisation_code, metric_id
),

-- The organisation in the middle of those of the league that have a value, of two the better.
middle as (
    select
        *,
        population_size as size
    from valued
    where badness is not null
    qualify
        row_number() over (
            partition by quarter, league, metric_id order by badness, score_exact, organisation_code
        ) = {{ whole_quotient('count(*) over (partition by quarter, league, metric_id) + 1', '2') }}
),

gains as (
    select
        below.*,
        middle.value as median,
        {{ score_at_place_of('below', 'middle') }} as score_at_median,
        needed.value_needed,
        case
            when below.value is null then 'only a score is published'
            when below.badness is null then 'its values are bands without a direction'
            when below.score_exact <= {{ score_at_place_of('below', 'middle') }} then 'no worse than the median'
        end as not_changed_reason
    from below
    left join middle
        on
            middle.quarter = below.quarter
            and middle.league = below.league
            and middle.metric_id = below.metric_id
    left join needed
        on
            needed.quarter = below.quarter
            and needed.league = below.league
            and needed.organisation_code = below.organisation_code
            and needed.metric_id = below.metric_id
),

-- Averages are sums, so those that gain most one by one gain most together.
changed as (
    select
        *,
        case when not_changed_reason is null then row_number() over ordered end as place,
        case when not_changed_reason is null then {{ average_with('score_at_median') }} end as average_at_median,
        case
            when not_changed_reason is null
                then
                    {{ round_half_up(
                        as_double('total - sum(weight * (score_exact - score_at_median)) over ordered')
                        ~ ' / weights'
                    ) }}
        end as average_with_places
    from gains
    window ordered as (
        partition by quarter, league, organisation_code
        order by
            not_changed_reason asc nulls first,
            weight * (score_exact - score_at_median) desc nulls last,
            metric_id asc
        rows between unbounded preceding and current row
    )
),

segments as (
    select
        *,
        {{ segment_of('average_at_median') }} as segment_at_median,
        {{ segment_of('average_with_places') }} as segment_with_places,
        not coalesce(financial_override = 1 and segment_unadjusted <= override_segment, false) as segment_can_change
    from changed
)

select
    segments.quarter,
    segments.league,
    segments.organisation_code,
    segments.organisation_name,
    segments.segment_can_change,
    segments.average_score,
    segments.segment_unadjusted,
    segments.segment,
    segments.final_segment,
    cast(
        min(
            case when segments.segment_with_places < segments.segment_unadjusted then segments.place end
        ) over (partition by segments.quarter, segments.league, segments.organisation_code) as integer
    ) as metrics_needed,
    cast(segments.place as integer) as place,
    segments.metric_id,
    segments.metric_title,
    segments.domain,
    segments.value,
    segments.unit,
    segments.score,
    segments.median,
    {{ round_half_up('segments.score_at_median') }} as score_at_median,
    segments.average_at_median,
    cast(segments.segment_at_median as integer) as segment_unadjusted_at_median,
    cast(
        case
            when segments.average_at_median is not null
                then
                    greatest(
                        segments.segment_at_median,
                        case when segments.financial_override = 1 then segments.override_segment end
                    )
        end as integer
    ) as segment_at_median,
    segments.average_with_places,
    segments.value_needed,
    cast(case segments.score_basis when 'computed' then 'exact' else 'observed' end as string) as basis,
    cast(segments.not_changed_reason as string) as not_changed_reason,
    cast('experimental' as string) as label
from segments
