{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- An ICB league of a quarter holds the ICBs that were in force at its end, and a ranked trust lies in one of them. An
-- etr of after a merger needs a row in seed `trust_changes` for such a trust. One of before it has to be replaced.
select
    organisations.quarter,
    organisations.organisation_code,
    organisations.organisation_name,
    organisations.icb_code,
    icbs.icb_name,
    icbs.opened_on,
    icbs.closed_on,
    quarters.period_end,
    string_agg(successions.predecessor_code, ', ' order by successions.predecessor_code) as was_one_of
from {{ ref('organisations') }} as organisations
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = organisations.quarter
inner join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = organisations.icb_code
left join {{ ref('icb_successions') }} as successions
    on successions.successor_code = icbs.icb_code and successions.merged_on > quarters.period_end
where
    organisations.league is not null
    and (icbs.opened_on > quarters.period_end or icbs.closed_on < quarters.period_end)
group by all
