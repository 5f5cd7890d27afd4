-- Every row that counts of the form of its month that is used, once for each measure and side it counts for: how many
-- of how many. A provider's counts are those of its ICB, too, where a metric is made so. A commissioner that a rule
-- leaves out stands apart.
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

of_icbs as (
    select counted.* replace ('icb_of_provider' as side, reference.icb_code as organisation_code)
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
),

every_side as (
    select * from counted
    union all
    select * from of_icbs
)

select
    quarter,
    month,
    cast(measure as varchar) as measure,
    cast(side as varchar) as side,
    organisation_code,
    code_in_file,
    commissioner_apart,
    cast(numerator as decimal(18, 6)) as numerator,
    cast(denominator as decimal(18, 6)) as denominator,
    cast(source_id as varchar) as source_id,
    source_sha256,
    source_member,
    source_row
from every_side
