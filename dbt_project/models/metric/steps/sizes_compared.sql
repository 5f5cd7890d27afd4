-- Each size of a publication beside its bounds: known ones, or a share of the same in the nearest months at hand, one
-- before and one after, of the same quarter or the one before: those that a build of the quarter reads. A share is for
-- one month apart; of three months apart it counts three times.
{%- set furthest = 3 %}
with sizes as (
    {% for size in ['organisations', 'other_organisations', 'total'] -%}
        select
            quarter,
            source_id,
            period,
            try_cast(period || '-01' as date) as month,
            part,
            measure,
            '{{ size }}' as size,
            cast({{ size }} as decimal(18, 1)) as found,
            source_sha256
        from {{ ref('publication_sizes') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

months_apart as (
    select
        sizes.period,
        sizes.part,
        sizes.measure,
        sizes.size,
        others.period as other_period,
        others.found as found_in_other,
        abs(12 * (year(others.month) - year(sizes.month)) + month(others.month) - month(sizes.month)) as apart,
        others.month < sizes.month as is_before
    from sizes
    inner join sizes as others
        on
            others.measure = sizes.measure
            and others.part = sizes.part
            and others.size = sizes.size
            and others.month <> sizes.month
            and others.month >= date_trunc('quarter', sizes.month) - interval 3 month
            and others.month < date_trunc('quarter', sizes.month) + interval 3 month
),

nearest as (
    select
        *,
        row_number() over (partition by measure, part, size, period, is_before order by apart) as choice
    from months_apart
    where apart <= {{ furthest }}
),

bounded as (
    select
        sizes.*,
        'known figures' as compared_with,
        bounds.refuse_below,
        bounds.warn_below,
        bounds.refuse_above,
        bounds.reason
    from sizes
    inner join {{ ref('publication_bounds') }} as bounds
        on bounds.measure = sizes.measure and bounds.part = sizes.part and bounds.size = sizes.size
    inner join {{ ref('quarters_in_scope') }} as quarters
        on quarters.quarter = sizes.quarter and not quarters.is_fictional
    where
        bounds.compared_with = 'known figures'
        and sizes.period >= coalesce(bounds.first_period, sizes.period)
        and sizes.period <= coalesce(bounds.last_period, sizes.period)
    union all
    select
        sizes.*,
        nearest.other_period as compared_with,
        power(bounds.refuse_below, nearest.apart) * nearest.found_in_other as refuse_below,
        power(bounds.warn_below, nearest.apart) * nearest.found_in_other as warn_below,
        null as refuse_above,
        bounds.reason
    from sizes
    inner join {{ ref('publication_bounds') }} as bounds
        on bounds.measure = sizes.measure and bounds.part = sizes.part and bounds.size = sizes.size
    inner join nearest
        on
            nearest.measure = sizes.measure
            and nearest.part = sizes.part
            and nearest.size = sizes.size
            and nearest.period = sizes.period
            and nearest.choice = 1
    where bounds.compared_with = 'nearest month'
)

select
    quarter,
    source_id,
    period,
    part,
    measure,
    cast(size as string) as size,
    found,
    cast(compared_with as string) as compared_with,
    case
        when found < refuse_below or found > refuse_above then 'refused'
        when found < warn_below then 'unusual'
        else 'as expected'
    end as finding,
    cast(refuse_below as decimal(18, 1)) as refuse_below,
    cast(warn_below as decimal(18, 1)) as warn_below,
    cast(refuse_above as decimal(18, 1)) as refuse_above,
    cast(reason as string) as reason,
    source_sha256
from bounded
