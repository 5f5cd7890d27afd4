-- A value that is part of something special is better or worse by the polarity of its metric: by where it lies, and by
-- where a trend leads where that alone makes it special. The target is the standard of the framework of 2025/26.
with in_files as (
    select
        build.quarter,
        files.organisation_code,
        max_by(files.organisation_name, (files.quarter, files.side)) filter (
            where files.organisation_name is not null
        ) as organisation_name,
        min(files.organisation_name) filter (where files.quarter = build.quarter) as name_in_quarter,
        bool_or(files.side = 'commissioner' and kinds.kind = 'icb') as is_icb
    from {{ ref('organisations_in_files') }} as files
    inner join {{ ref('quarters_read') }} as build on build.reads = files.quarter
    left join {{ ref('commissioner_kinds') }} as kinds on upper(files.organisation_name) like kinds.name_pattern
    group by build.quarter, files.organisation_code
),

published as (
    select
        quarter,
        trust_code,
        min(trust_name) as trust_name
    from {{ ref('nof_figures') }}
    where league <> 'icb_official'
    group by quarter, trust_code
),

-- A name is spelled once for each organisation: to spell it for each month took three times as long as all the rest. It
-- is the name that all other tables of the quarter have, where it is in them.
named as (
    select
        organisations.quarter,
        organisations.organisation_code,
        {{ readable_name(
            'coalesce(published.trust_name, in_files.name_in_quarter, reference.trust_name, in_files.organisation_name, '
            ~ 'icbs.icb_name)'
        ) }} as organisation_name,
        reference.region is not null as is_trust,
        reference.league,
        in_files.is_icb or icbs.icb_code is not null as is_icb
    from (
        select distinct
            quarter,
            organisation_code
        from {{ ref('monthly_values') }}
    ) as organisations
    left join {{ ref('reference_trusts') }} as reference
        on
            reference.quarter = organisations.quarter
            and reference.trust_code = organisations.organisation_code
    left join published
        on
            published.quarter = organisations.quarter
            and published.trust_code = organisations.organisation_code
    left join in_files
        on
            in_files.quarter = organisations.quarter
            and in_files.organisation_code = organisations.organisation_code
    left join {{ ref('reference_icbs') }} as icbs on icbs.icb_code = organisations.organisation_code
),

files as (
    select
        source_sha256,
        min(file_name) as source_file
    from {{ ref('months_available') }}
    group by source_sha256
),

judged as (
    select
        monthly.*,
        limits.points,
        limits.limits,
        limits.mean,
        limits.moving_range,
        limits.lower_limit,
        limits.upper_limit,
        limits.outside_limits,
        limits.shift,
        limits.trend,
        limits.two_of_three,
        case
            when limits.outside_limits <> 0 then limits.outside_limits
            when limits.shift <> 0 then limits.shift
            when limits.two_of_three <> 0 then limits.two_of_three
            else limits.trend
        end as direction
    from {{ ref('monthly_values') }} as monthly
    inner join {{ ref('control_limits') }} as limits
        on
            limits.quarter = monthly.quarter
            and limits.metric_id = monthly.metric_id
            and limits.measure = monthly.measure
            and limits.organisation_code = monthly.organisation_code
            and limits.phase = monthly.phase
            and limits.month = monthly.month
)

select
    judged.quarter,
    judged.metric_id,
    metrics.title as metric_title,
    judged.measure,
    judged.organisation_code,
    coalesce(named.organisation_name, judged.organisation_code) as organisation_name,
    cast(
        case
            when judged.organisation_code = 'England' then 'england'
            when named.is_trust then 'trust'
            when named.is_icb then 'icb'
            else 'other'
        end as string
    ) as organisation_type,
    cast(case when named.is_icb then 'icb' else named.league end as string) as league,
    judged.month,
    judged.value,
    metrics.unit,
    judged.numerator,
    judged.denominator,
    judged.predecessors,
    judged.phase,
    judged.phase_reason,
    judged.points,
    judged.limits,
    judged.mean,
    judged.moving_range,
    judged.lower_limit,
    judged.upper_limit,
    judged.outside_limits,
    judged.shift,
    judged.trend,
    judged.two_of_three,
    cast(
        case
            when judged.limits = 'none' then 'too short'
            when judged.direction = 0 then 'common cause'
            when (judged.direction > 0) = (metrics.polarity = 'higher') then 'improvement'
            else 'concern'
        end as string
    ) as variation,
    metrics.standard as target,
    cast(
        case
            when metrics.standard is null or judged.limits = 'none' then null
            when metrics.polarity = 'higher' and judged.lower_limit >= metrics.standard then 'passes'
            when metrics.polarity = 'higher' and judged.upper_limit < metrics.standard then 'fails'
            when metrics.polarity = 'lower' and judged.upper_limit <= metrics.standard then 'passes'
            when metrics.polarity = 'lower' and judged.lower_limit > metrics.standard then 'fails'
            else 'hit or miss'
        end as string
    ) as assurance,
    judged.label,
    judged.publication,
    judged.source_id,
    files.source_file,
    judged.source_member,
    judged.source_rows
from judged
inner join {{ ref('metrics') }} as metrics
    on metrics.framework = judged.framework and metrics.metric_id = judged.metric_id
left join files on files.source_sha256 = judged.source_sha256
inner join named on named.quarter = judged.quarter and named.organisation_code = judged.organisation_code
