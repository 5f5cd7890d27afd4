-- One standard a sheet; AFTER 62 DAYS is the breach on the 62-day sheet and a band on the 28-day sheet.
with tables as (
    select
        months.quarter,
        months.month,
        months.part as basis,
        case cancer._source_member when '62-DAY (ALL CANCER)' then '62-day' else '28-day' end as standard,
        coalesce(nullif(cancer.block, ''), 'ALL ROUTES') as block,
        nullif({{ clean_text('cancer.ods_code') }}, '') as organisation_code,
        {{ clean_text('cancer.organisation_name') }} as organisation_name,
        upper({{ clean_text('cancer.organisation_name') }}) in ('ALL ENGLISH PROVIDERS', 'ALL ENGLISH COMMISSIONERS')
            as is_england,
        cancer.total,
        cancer.within_14_days,
        cancer.in_15_to_28_days,
        cancer.within_28_days,
        cancer.after_28_days,
        cancer.told_within_28_days,
        cancer.in_29_to_42_days,
        cancer.in_43_to_62_days,
        cancer.within_31_days,
        cancer.in_32_to_38_days,
        cancer.in_39_to_48_days,
        cancer.in_49_to_62_days,
        cancer.within_62_days,
        cancer.after_62_days,
        cancer.treated_within_62_days,
        cancer.in_63_to_76_days,
        cancer.in_77_to_90_days,
        cancer.in_91_to_104_days,
        cancer.after_104_days,
        cancer._source_sha256,
        cancer._source_member,
        cancer._source_row
    from {{ source('land', 'cancer') }} as cancer
    inner join {{ ref('months_available') }} as months
        on months.source_id = 'cancer' and months.source_sha256 = cancer._source_sha256
),

waits as (
    select
        quarter,
        month,
        basis,
        standard,
        block,
        block = 'ALL ROUTES' or block like 'PART A%' as is_all_routes,
        organisation_code,
        organisation_name,
        is_england,
        cast(total as decimal(18, 1)) as total,
        cast(case standard when '62-day' then within_62_days else within_28_days end as decimal(18, 1)) as within,
        cast(case standard when '62-day' then after_62_days else after_28_days end as decimal(18, 1)) as after,
        case standard
            when '62-day'
                then
                    cast(within_31_days as decimal(18, 1)) + cast(in_32_to_38_days as decimal(18, 1))
                    + cast(in_39_to_48_days as decimal(18, 1)) + cast(in_49_to_62_days as decimal(18, 1))
                    + cast(in_63_to_76_days as decimal(18, 1)) + cast(in_77_to_90_days as decimal(18, 1))
                    + cast(in_91_to_104_days as decimal(18, 1)) + cast(after_104_days as decimal(18, 1))
            else
                cast(within_14_days as decimal(18, 1)) + cast(in_15_to_28_days as decimal(18, 1))
                + cast(in_29_to_42_days as decimal(18, 1)) + cast(in_43_to_62_days as decimal(18, 1))
                + cast(after_62_days as decimal(18, 1))
        end as sum_of_bands,
        case standard when '62-day' then treated_within_62_days else told_within_28_days end as published_rate,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from tables
)

select
    *,
    case when not is_england then basis end as side,
    case when is_all_routes then 'cancer_' || replace(standard, '-', '_') end as measure,
    within as numerator,
    total as denominator,
    {{ rate_agrees([1, 100]) }} as rate_agrees
from waits
