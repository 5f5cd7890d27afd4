{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- A trust lies in an ICB, and a released ICB is one, that was in force at the end of the quarter. An etr after
-- a merger needs a row in seed `trust_changes` for such a trust. One of before it has to be replaced. An ICB that no
-- list knows is a new one, or a damaged code. Counts of such a trust are nobody's in the ICB league, which
-- every_count_is_somebodys stops.
select
    organisations.quarter,
    organisations.organisation_code,
    organisations.organisation_name,
    organisations.icb_code,
    icbs.icb_name,
    icbs.opened_on,
    icbs.closed_on,
    quarters.period_end,
    {{ joined('successions.predecessor_code') }} as was_one_of
from {{ ref('organisations') }} as organisations
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = organisations.quarter
left join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = organisations.icb_code
left join {{ ref('icb_successions') }} as successions
    on successions.successor_code = icbs.icb_code and successions.merged_on > quarters.period_end
where
    organisations.league is distinct from 'icb'
    and organisations.icb_code is not null
    and (
        icbs.icb_code is null
        or icbs.opened_on > quarters.period_end
        or icbs.closed_on < quarters.period_end
    )
group by all
