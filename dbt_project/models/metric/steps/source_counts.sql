-- Every row that counts of the form of its month that is used, once for each measure and side it counts for: how many
-- of how many. Where one of the two is not published neither counts, so that sums of both are of the same people. A
-- provider's counts are those of its ICB, too, where a metric is made so. A commissioner that a rule leaves out stands
-- apart.
with left_out as (
    select distinct without_commissioner
    from {{ ref('computed_metrics') }}
    where without_commissioner is not null
),

counted as (
    select
        counts.*,
        counts.organisation_code as code_in_file,
        left_out.without_commissioner as commissioner_apart
    from {{ ref('counts') }} as counts
    inner join {{ ref('forms_at_hand') }} as forms
        on
            forms.used
            and forms.source_id = counts.source_id
            and forms.quarter = counts.quarter
            and forms.month = counts.month
            and forms.measure = counts.measure
            and forms.side = counts.side
    left join left_out on left_out.without_commissioner = counts.commissioner_code
),

every_side as (
    select
        counted.*,
        counted.side as side_counted,
        counted.organisation_code as organisation_counted
    from counted
    union all
    select
        counted.*,
        'icb_of_provider' as side_counted,
        reference.icb_code as organisation_counted
    from counted
    inner join {{ ref('reference_trusts') }} as reference
        on reference.quarter = counted.quarter and reference.trust_code = counted.organisation_code
    where
        counted.side = 'provider'
        and reference.icb_code is not null
        and counted.measure in (
            select rules.measure from {{ ref('computed_metrics') }} as rules
            where rules.side = 'icb_of_provider'
        )
)

select
    quarter,
    month,
    cast(measure as string) as measure,
    cast(side_counted as string) as side,
    organisation_counted as organisation_code,
    code_in_file,
    commissioner_apart,
    cast(case when denominator is not null then numerator end as decimal(18, 6)) as numerator,
    cast(case when numerator is not null then denominator end as decimal(18, 6)) as denominator,
    cast(source_id as string) as source_id,
    source_sha256,
    source_member,
    source_row
from every_side
