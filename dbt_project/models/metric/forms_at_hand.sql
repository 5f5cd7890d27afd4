-- A publication comes in several forms. Of a month each organisation counts in one of them: what is final or revised
-- before what is not, then the finer form, then the later file.
with found as (
    select distinct
        source_id,
        quarter,
        month,
        measure,
        side,
        source_sha256
    from {{ ref('counts') }}
    where side is not null and measure is not null
),

described as (
    select
        found.*,
        forms.publication,
        forms.preference,
        forms.reason,
        files.file_name,
        files.last_period,
        files.maturity in ('final', 'revised') as is_settled
    from found
    inner join {{ ref('publication_forms') }} as forms on forms.source_id = found.source_id
    inner join {{ ref('months_available') }} as files
        on
            files.source_id = found.source_id
            and files.source_sha256 = found.source_sha256
            and files.quarter = found.quarter
            and files.month = found.month
            and (files.part not in ('provider', 'commissioner') or coalesce(files.part, found.side) = found.side)
),

placed as (
    select
        *,
        row_number() over best_first as place,
        lead(source_id) over best_first as next_form,
        lead(is_settled) over best_first as next_is_settled,
        lead(preference) over best_first as next_preference,
        lead(last_period) over best_first as next_last_period
    from described
    window
        best_first as (
            partition by quarter, month, measure, side
            order by is_settled desc, preference asc, last_period desc, source_id asc
        )
),

explained as (
    select
        *,
        case
            when next_form is null then 'the only form at hand'
            when is_settled <> next_is_settled then 'final or revised, ' || next_form || ' is neither'
            when preference < next_preference then 'the finer form: ' || reason
            when last_period > next_last_period then 'has later months than ' || next_form
            else 'as fine and as late as ' || next_form
        end as why_before_the_next
    from placed
)

select
    quarter,
    month,
    cast(publication as string) as publication,
    cast(measure as string) as measure,
    cast(side as string) as side,
    cast(source_id as string) as source_id,
    place = 1 as used,
    cast(
        case
            when place = 1 then why_before_the_next
            else
                'not counted, for ' || first_value(source_id) over best_first || ' is at hand: '
                || first_value(why_before_the_next) over best_first
        end as string
    ) as reason,
    file_name,
    source_sha256
from explained
window best_first as (partition by quarter, month, measure, side order by place)
