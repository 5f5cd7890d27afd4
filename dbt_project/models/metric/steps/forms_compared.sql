-- Where a month is at hand in several forms, each organisation in the form that counts beside each other form.
with of_several as (
    select
        quarter,
        month,
        measure,
        side
    from {{ ref('forms_at_hand') }}
    group by quarter, month, measure, side
    having count(*) > 1
),

summed as (
    select
        counts.quarter,
        counts.month,
        counts.measure,
        counts.side,
        counts.source_id,
        counts.organisation_code,
        sum(counts.numerator) as numerator,
        sum(counts.denominator) as denominator
    from {{ ref('counts') }} as counts
    inner join of_several
        on
            of_several.quarter = counts.quarter
            and of_several.month = counts.month
            and of_several.measure = counts.measure
            and of_several.side = counts.side
    group by
        counts.quarter, counts.month, counts.measure, counts.side, counts.source_id, counts.organisation_code
),

pairs as (
    select
        used.quarter,
        used.month,
        used.measure,
        used.side,
        used.source_id,
        used.file_name,
        other.source_id as other_source_id,
        other.file_name as other_file_name,
        greatest(forms.revision_share, other_forms.revision_share) as revision_share
    from {{ ref('forms_at_hand') }} as used
    inner join {{ ref('forms_at_hand') }} as other
        on
            other.quarter = used.quarter
            and other.month = used.month
            and other.measure = used.measure
            and other.side = used.side
    inner join {{ ref('publication_forms') }} as forms on forms.source_id = used.source_id
    inner join {{ ref('publication_forms') }} as other_forms on other_forms.source_id = other.source_id
    where used.used and not other.used
),

compared as (
    select
        pairs.quarter,
        pairs.month,
        pairs.measure,
        pairs.side,
        summed.organisation_code,
        pairs.source_id,
        pairs.file_name,
        cast(sum(case when summed.source_id = pairs.source_id then summed.numerator end) as decimal(18, 6))
            as numerator,
        cast(sum(case when summed.source_id = pairs.source_id then summed.denominator end) as decimal(18, 6))
            as denominator,
        pairs.other_source_id,
        pairs.other_file_name,
        cast(sum(case when summed.source_id = pairs.other_source_id then summed.numerator end) as decimal(18, 6))
            as other_numerator,
        cast(sum(case when summed.source_id = pairs.other_source_id then summed.denominator end) as decimal(18, 6))
            as other_denominator,
        cast(pairs.revision_share as decimal(4, 3)) as revision_share
    from pairs
    inner join summed
        on
            summed.quarter = pairs.quarter
            and summed.month = pairs.month
            and summed.measure = pairs.measure
            and summed.side = pairs.side
            and summed.source_id in (pairs.source_id, pairs.other_source_id)
    group by
        pairs.quarter,
        pairs.month,
        pairs.measure,
        pairs.side,
        summed.organisation_code,
        pairs.source_id,
        pairs.file_name,
        pairs.other_source_id,
        pairs.other_file_name,
        pairs.revision_share
)

-- Nothing differs where a form has an organisation and does not tell how many: what the other tells stands alone.
select
    *,
    abs(coalesce(denominator, 0) - coalesce(other_denominator, 0))
    > greatest(
        {{ level('forms_differ_by') }}, revision_share * denominator, revision_share * other_denominator
    )
    or coalesce(
        abs(
            coalesce(numerator, case when denominator is null then 0 end)
            - coalesce(other_numerator, case when other_denominator is null then 0 end)
        ) > greatest(
            {{ level('forms_differ_by') }}, revision_share * numerator, revision_share * other_numerator
        ),
        false
    ) as disagrees
from compared
