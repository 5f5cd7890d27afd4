-- Two of the many measures of a month: how many of those who finished treatment improved, by provider, and referrals by
-- sub-ICB location and provider. A provider is a trust or one of its sites. Hidden counts are none.
with measured as (
    select
        months.quarter,
        months.month,
        lower(replace({{ clean_text('landed.group_type') }}, ' ', '')) as group_type,
        {{ clean_text('landed.org_code1') }} as first_code,
        {{ clean_text('landed.org_code2') }} as provider_code,
        {{ clean_text('landed.org_name2') }} as provider_name,
        {{ clean_text('landed.measure_id') }} as measure_id,
        lower({{ clean_text('landed.measure_name') }}) as measure_name,
        try_cast({{ clean_text('landed.measure_value') }} as decimal(18, 6)) as counted,
        landed._source_sha256 as source_sha256,
        landed._source_member as source_member,
        cast(landed._source_row as integer) as source_row
    from {{ source('land', 'talking_therapies_monthly') }} as landed
    inner join {{ ref('months_available') }} as months
        on months.source_id = 'talking_therapies_monthly' and months.source_sha256 = landed._source_sha256
),

kept as (
    select
        quarter,
        month,
        provider_code,
        provider_name,
        cast(null as string) as sub_icb_code,
        max(case when measure_name = 'count_reliableimprovement' then counted end) as numerator,
        max(case when measure_name = 'count_finishedcoursetreatment' then counted end) as denominator,
        cast(null as decimal(18, 6)) as referrals,
        source_sha256,
        source_member,
        max(case when measure_name = 'count_finishedcoursetreatment' then source_row end) as source_row
    from measured
    where
        group_type = 'provider'
        and measure_name in ('count_reliableimprovement', 'count_finishedcoursetreatment')
    group by quarter, month, provider_code, provider_name, source_sha256, source_member
    union all
    select
        quarter,
        month,
        provider_code,
        provider_name,
        first_code,
        null,
        null,
        counted,
        source_sha256,
        source_member,
        source_row
    from measured
    where group_type = 'subicb/provider' and measure_id = 'M001'
)

select
    kept.quarter,
    kept.month,
    kept.provider_code,
    coalesce(whole.trust_code, parts.trust_code, kept.provider_code) as organisation_code,
    kept.provider_name as organisation_name,
    case when kept.sub_icb_code is null then 'provider' end as side,
    case when kept.sub_icb_code is null then 'tt_reliable_improvement' end as measure,
    kept.numerator,
    kept.denominator,
    kept.sub_icb_code,
    kept.referrals,
    kept.source_sha256,
    kept.source_member,
    kept.source_row
from kept
left join {{ ref('reference_trusts') }} as whole
    on whole.quarter = kept.quarter and whole.trust_code = kept.provider_code
left join {{ ref('reference_trusts') }} as parts
    on parts.quarter = kept.quarter and parts.trust_code = left(kept.provider_code, 3)
