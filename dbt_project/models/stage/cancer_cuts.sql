-- Three forms in one layout: a row a cancer, route and modality. Two of them have every total beside its parts, so one
-- row an organisation counts. The data extract has no total of all routes, so its parts count: of a 62-day wait the
-- cancers, which stand beside the modalities and come to the same.
with landed as (
    {% for source_id in ['cancer_combined', 'cancer_csv', 'cancer_extract'] -%}
        select
            '{{ source_id }}' as source_id,
            period,
            case when lower(basis) like '%commissioner%' then 'commissioner' else 'provider' end as basis,
            org_code,
            {{ 'cast(null as string)' if source_id == 'cancer_extract' else 'org_name' }} as org_name,
            {{ 'cast(null as string)' if source_id == 'cancer_extract' else 'region_or_system' }} as region_or_system,
            standard,
            cancer_type,
            referral_route_or_stage,
            treatment_modality,
            total,
            within,
            after,
            {{ 'cast(null as string)' if source_id == 'cancer_extract' else 'performance' }} as performance,
            _source_sha256,
            _source_member,
            _source_row
        from {{ source('land', source_id) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

typed as (
    select
        source_id,
        cast(
            date_trunc('month', {{ date_of(clean_text('period'), ['%Y-%m-%d', '%d/%m/%Y', '%B %Y']) }}) as date
        ) as month,
        basis,
        upper({{ clean_text('org_code') }}) in ('TOTAL', 'ENGLAND') as is_england,
        case when not is_england then {{ clean_text('org_code') }} end as organisation_code,
        {{ clean_text("coalesce(case basis when 'commissioner' then region_or_system end, org_name)") }}
            as organisation_name,
        case upper({{ clean_text('standard') }})
            when 'FDS' then '28-day'
            when '28-DAY FDS' then '28-day'
            when '62D' then '62-day'
            when '62-DAY COMBINED' then '62-day'
            else {{ clean_text('standard') }}
        end as standard,
        {{ clean_text('cancer_type') }} as cancer_type,
        {{ clean_text('referral_route_or_stage') }} as route,
        coalesce({{ clean_text('treatment_modality') }}, '') as modality,
        cast(total as decimal(18, 1)) as total,
        cast(nullif(within, '') as decimal(18, 1)) as within,
        cast(nullif(after, '') as decimal(18, 1)) as after,
        {{ clean_text('performance') }} as published_rate,
        _source_sha256 as source_sha256,
        _source_member as source_member,
        cast(_source_row as integer) as source_row
    from landed
    where lower(standard) not like '%referral%'  -- an item of the CSV that is no standard
)

select
    months.quarter,
    typed.*,
    case when not typed.is_england then typed.basis end as side,
    case
        when
            typed.standard in ('28-day', '62-day')
            and upper(typed.modality) in ('', 'ALL MODALITIES')
            and (upper(typed.cancer_type) = 'ALL CANCERS') = (typed.source_id <> 'cancer_extract')
            and (upper(typed.route) = 'ALL ROUTES') = (typed.source_id <> 'cancer_extract')
            then 'cancer_' || replace(typed.standard, '-', '_')
    end as measure,
    typed.within as numerator,
    typed.total as denominator,
    {{ rate_agrees([1, 100]) }} as rate_agrees
from typed
inner join {{ ref('months_available') }} as months
    on
        months.source_id = typed.source_id
        and months.source_sha256 = typed.source_sha256
        and months.month = typed.month
        and months.part = typed.basis
