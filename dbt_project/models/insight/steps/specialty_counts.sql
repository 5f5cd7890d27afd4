-- Incomplete pathways by treatment function, in the latest month that the RTT metrics of the quarter use. Those of a
-- trust are without the commissioner that the metric of trusts leaves out. A predecessor counts for its successor.
with months as (
    select
        months_used.quarter,
        max(months_used.month) as month
    from {{ ref('months_used') }} as months_used
    inner join {{ ref('rules_in_force') }} as rules
        on
            rules.quarter = months_used.quarter
            and rules.framework = months_used.framework
            and rules.metric_id = months_used.metric_id
            and rules.measure = 'rtt_within_18_weeks'
    group by months_used.quarter
),

pathways as (
    select rtt.*
    from {{ ref('rtt_pathways') }} as rtt
    inner join months on months.quarter = rtt.quarter and months.month = rtt.month
    where rtt.part = 'Part_2'
),

left_out as (
    select distinct without_commissioner
    from {{ ref('computed_metrics') }}
    where measure = 'rtt_within_18_weeks' and without_commissioner is not null
),

sides as (
    select
        pathways.*,
        'provider' as side,
        coalesce(successions.successor_code, pathways.provider_code) as organisation_code
    from pathways
    left join left_out on left_out.without_commissioner = pathways.commissioner_code
    left join {{ ref('successions') }} as successions
        on successions.quarter = pathways.quarter and successions.predecessor_code = pathways.provider_code
    where left_out.without_commissioner is null
    union all
    select
        *,
        'commissioner' as side,
        coalesce(icb_code, commissioner_code) as organisation_code
    from pathways
),

summed as (
    select
        quarter,
        month,
        side,
        treatment_function,
        organisation_code,
        min(treatment_function_name) as treatment_function_name,
        sum(within_18_weeks) as within_18_weeks,
        sum(over_52_weeks) as over_52_weeks,
        sum(total_all) as pathways,
        min(source_sha256) as source_sha256,
        min(source_member) as source_member,
        {{ joined('cast(source_row as string)', ',', by='source_row') }} as source_rows
    from sides
    group by quarter, month, side, treatment_function, organisation_code
),

named as (
    select
        summed.*,
        organisations.organisation_name,
        organisations.organisation_type,
        case
            when organisations.organisation_type = case summed.side when 'provider' then 'trust' else 'icb' end
                then case
                    when summed.pathways < {{ level('specialty_least_pathways') }}
                        then
                            'fewer than ' || cast(round({{ level('specialty_least_pathways') }}, 0) as integer)
                            || ' pathways'
                end
            when summed.side = 'provider' then 'no NHS trust'
            else 'no Integrated Care Board'
        end as too_few_or_another_kind
    from summed
    left join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = summed.quarter
            and organisations.organisation_code = summed.organisation_code
            and organisations.league is distinct from 'icb_official'
)

select
    quarter,
    month,
    cast(side as string) as side,
    treatment_function,
    treatment_function_name,
    organisation_code,
    organisation_name,
    organisation_type,
    cast(within_18_weeks as bigint) as within_18_weeks,
    cast(over_52_weeks as bigint) as over_52_weeks,
    cast(pathways as bigint) as pathways,
    cast(
        coalesce(
            too_few_or_another_kind,
            case
                when
                    count(case when too_few_or_another_kind is null then 1 end) over (
                        partition by quarter, side, treatment_function
                    ) < {{ level('specialty_least_organisations') }}
                    then
                        'fewer than ' || cast(round({{ level('specialty_least_organisations') }}, 0) as integer)
                        || ' organisations have that many'
            end
        ) as string
    ) as not_ranked_reason,
    source_sha256,
    source_member,
    source_rows
from named
