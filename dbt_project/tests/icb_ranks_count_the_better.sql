{{ config(tags=['score_rank'], meta={'dagster': {'ref': {'name': 'icb_league_table'}}}) }}
-- Another way to a competition rank: one more than the ICBs that are strictly better.
select
    icb.quarter,
    icb.icb_code,
    icb.rank,
    1 + count(better.icb_code) as rank_again
from {{ ref('icb_league_table') }} as icb
left join {{ ref('icb_league_table') }} as better
    on
        better.quarter = icb.quarter
        and better.ranked
        and (
            better.segment < icb.segment
            or (better.segment = icb.segment and better.average_score < icb.average_score)
        )
where icb.ranked
group by icb.quarter, icb.icb_code, icb.rank
having icb.rank is distinct from 1 + count(better.icb_code)
