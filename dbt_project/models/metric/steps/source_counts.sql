-- Every row of a file that counts, once for each measure and side it counts for: how many of how many. A commissioner
-- that a rule leaves out stands apart.
with left_out as (
    select distinct without_commissioner
    from {{ ref('computed_metrics') }}
    where without_commissioner is not null
),

published as (
    {{ counts_of_publications() }}
),

counted as (
    select
        published.*,
        published.organisation_code as code_in_file,
        left_out.without_commissioner as commissioner_apart
    from published
    left join left_out on left_out.without_commissioner = published.commissioner_code
    where published.measure is not null
),

by_icb_of_provider as (
    select distinct measure
    from {{ ref('computed_metrics') }}
    where side = 'icb_of_provider'
),

attributed as (
    select counted.* replace ('icb_of_provider' as side, reference.icb_code as organisation_code)
    from counted
    inner join by_icb_of_provider on by_icb_of_provider.measure = counted.measure
    inner join {{ ref('reference_trusts') }} as reference on reference.trust_code = counted.organisation_code
    where counted.side = 'provider' and reference.icb_code is not null
)

select
    quarter,
    month,
    cast(measure as varchar) as measure,
    cast(side as varchar) as side,
    organisation_code,
    code_in_file,
    commissioner_apart,
    cast(numerator as decimal(18, 1)) as numerator,
    cast(denominator as decimal(18, 1)) as denominator,
    source_sha256,
    source_member,
    source_row
from (from counted union all from attributed)
