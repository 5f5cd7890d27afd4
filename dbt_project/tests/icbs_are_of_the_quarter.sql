{{ config(tags=['stage_metric'], meta={'dagster': {'ref': {'name': 'organisations'}}}) }}
-- An ICB league of a quarter holds the ICBs that were in force at its end. A file that names another is of another
-- time.
select
    organisations.quarter,
    organisations.organisation_code,
    organisations.organisation_name,
    icbs.opened_on,
    icbs.closed_on,
    quarters.period_end,
    named.source_sha256,
    named.source_member,
    named.source_row
from {{ ref('organisations') }} as organisations
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = organisations.quarter
inner join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = organisations.organisation_code
left join {{ ref('organisations_in_files') }} as named
    on
        named.quarter = organisations.quarter
        and named.organisation_code = organisations.organisation_code
        and named.side = 'commissioner'
where
    organisations.league = 'icb'
    and (icbs.opened_on > quarters.period_end or icbs.closed_on < quarters.period_end)
