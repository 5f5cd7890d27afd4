{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'source_counts'}}}) }}
-- A trust that a publication counts is counted in its next month, too, unless it has closed or merged. Its rows may be
-- lost, those of one trust, or all at the end of a file, or hold zeros. Where all have lost them,
-- measures_are_in_their_files says so.
{#- Of 2,814 counts of real trusts and the next month at hand one ended by itself, of 3 people (2026-11-27). #}
{%- set least = 20 %}
with files as (
    select
        *,
        coalesce(part, 'provider') as kind
    from {{ ref('months_available') }}
    where coalesce(part, 'provider') <> 'commissioner'
),

months as (
    select
        source_id,
        kind,
        quarter,
        month,
        min(file_name) as file_name
    from files
    group by source_id, kind, quarter, month
),

next_months as (
    select
        source_id,
        kind,
        month,
        lead(month) over (partition by source_id, kind order by month) as next_month,
        lead(quarter) over (partition by source_id, kind order by month) as next_quarter,
        lead(file_name) over (partition by source_id, kind order by month) as file_name
    from months
),

counted as (
    select
        counts.source_id,
        files.kind,
        counts.month,
        counts.measure,
        counts.code_in_file as trust_code,
        sum(counts.denominator) as counted_before
    from {{ ref('source_counts') }} as counts
    inner join files
        on
            files.source_id = counts.source_id
            and files.source_sha256 = counts.source_sha256
            and files.month = counts.month
    where counts.side = 'provider'
    group by counts.source_id, files.kind, counts.month, counts.measure, counts.code_in_file
),

lost as (
    select distinct
        month,
        measure
    from {{ ref('measures_not_found') }}
    where side = 'provider'
)

select
    next_months.file_name,
    next_months.next_month as month,
    counted.measure,
    counted.trust_code,
    trusts.trust_name,
    counted.month as counted_in,
    cast(counted.counted_before as integer) as counted_before
from counted
inner join next_months
    on
        next_months.source_id = counted.source_id
        and next_months.kind = counted.kind
        and next_months.month = counted.month
        and next_months.next_month <= counted.month + interval 3 month
inner join {{ ref('reference_trusts') }} as trusts
    on
        trusts.quarter = next_months.next_quarter
        and trusts.trust_code = counted.trust_code
        and coalesce(trusts.close_date, next_months.next_month) >= next_months.next_month
left join {{ ref('forms_at_hand') }} as forms
    on
        forms.used
        and forms.side = 'provider'
        and forms.measure = counted.measure
        and forms.month = next_months.next_month
left join counted as after
    on
        after.source_id = counted.source_id
        and after.month = next_months.next_month
        and after.measure = counted.measure
        and after.trust_code = counted.trust_code
left join lost
    on lost.month = next_months.next_month and lost.measure = counted.measure
left join {{ ref('successions') }} as successions
    on successions.quarter = next_months.next_quarter and successions.predecessor_code = counted.trust_code
where
    counted.counted_before >= {{ least }}
    and coalesce(forms.source_id, counted.source_id) = counted.source_id
    and coalesce(after.counted_before, 0) = 0
    and lost.measure is null
    and successions.predecessor_code is null
