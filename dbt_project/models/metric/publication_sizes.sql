-- How much of a publication is there: its organisations, those of them that are no NHS trust, and what they add up to.
-- Rows that no metric counts are left aside, so a file without them has the size of one with them.
with files as (
    select distinct
        source_id,
        source_sha256
    from {{ ref('months_available') }}
),

counted as (
    select
        counts.quarter,
        files.source_id,
        {{ year_and_month('counts.month') }} as period,
        counts.side as part,
        counts.measure,
        counts.code_in_file as organisation_code,
        counts.denominator,
        counts.source_sha256
    from {{ ref('source_counts') }} as counts
    inner join files on files.source_sha256 = counts.source_sha256
    where counts.side in ('provider', 'commissioner')
    union all
    select distinct
        quarter,
        'nof_data',
        cast(quarter as string),
        league,
        'official_figures',
        trust_code,
        cast(null as decimal(18, 6)),
        source_sha256
    from {{ ref('nof_figures') }}
)

select
    counted.quarter,
    cast(counted.source_id as string) as source_id,
    cast(counted.period as string) as period,
    cast(counted.part as string) as part,
    cast(counted.measure as string) as measure,
    cast(count(distinct counted.organisation_code) as integer) as organisations,
    cast(
        count(distinct case when trusts.trust_code is null then counted.organisation_code end) as integer
    ) as other_organisations,
    cast(sum(counted.denominator) as decimal(18, 1)) as total,
    counted.source_sha256
from counted
left join {{ ref('reference_trusts') }} as trusts
    on trusts.quarter = counted.quarter and trusts.trust_code = counted.organisation_code
group by
    counted.quarter, counted.source_id, counted.period, counted.part, counted.measure, counted.source_sha256
