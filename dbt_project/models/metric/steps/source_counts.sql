-- Every row of a file that counts, once for each measure and side it counts for: how many of how many. A commissioner
-- that a rule leaves out stands apart.
with left_out as (
    select distinct without_commissioner
    from {{ ref('computed_metrics') }}
    where without_commissioner is not null
),

elective as (
    select
        pathways.*,
        left_out.without_commissioner as commissioner_apart
    from {{ ref('rtt_pathways') }} as pathways
    left join left_out on left_out.without_commissioner = pathways.commissioner_code
    where pathways.part = 'Part_2' and pathways.treatment_function = 'C_999'
),

diagnostics as (
    select
        waits.*,
        left_out.without_commissioner as commissioner_apart
    from {{ ref('dm01_waits') }} as waits
    left join left_out on left_out.without_commissioner = waits.commissioner_code
    where waits.test = 'TOTAL'
),

counted as (
    {% for rows, measure, numerator, denominator in [
        ('elective', 'rtt_within_18_weeks', 'within_18_weeks', 'total_all'),
        ('elective', 'rtt_over_52_weeks', 'over_52_weeks', 'total_all'),
        ('diagnostics', 'dm01_over_6_weeks', 'over_6_weeks', 'waiting_list')
    ] -%}
        {% for side, organisation_code in [
            ('provider', 'provider_code'), ('commissioner', 'coalesce(icb_code, commissioner_code)')
        ] -%}
            select
                quarter,
                month,
                '{{ measure }}' as measure,
                '{{ side }}' as side,
                {{ organisation_code }} as organisation_code,
                {{ organisation_code }} as code_in_file,
                commissioner_apart,
                {{ numerator }} as numerator,
                {{ denominator }} as denominator,
                source_sha256,
                source_member,
                source_row
            from {{ rows }}
            union all
        {% endfor -%}
    {% endfor -%}
    select
        quarter,
        month,
        case standard when '62-day' then 'cancer_62_day' else 'cancer_28_day' end,
        basis,
        organisation_code,
        organisation_code as code_in_file,
        null,
        within,
        total,
        source_sha256,
        source_member,
        source_row
    from {{ ref('cancer_waits') }}
    where is_all_routes and not is_england
    union all
    select
        quarter,
        month,
        'ae_within_4_hours',
        'provider',
        organisation_code,
        organisation_code as code_in_file,
        null,
        attendances - over_4_hours,
        attendances,
        source_sha256,
        source_member,
        source_row
    from {{ ref('ae_attendances') }}
    where not is_england
    union all
    select
        attendances.quarter,
        attendances.month,
        'ae_within_4_hours',
        'icb_of_provider',
        reference.icb_code,
        attendances.organisation_code,
        null,
        attendances.attendances - attendances.over_4_hours,
        attendances.attendances,
        attendances.source_sha256,
        attendances.source_member,
        attendances.source_row
    from {{ ref('ae_attendances') }} as attendances
    inner join {{ ref('reference_trusts') }} as reference on reference.trust_code = attendances.organisation_code
    where not attendances.is_england and reference.icb_code is not null
    union all
    select
        quarter,
        month,
        'ambulance_category_2',
        'provider',
        organisation_code,
        organisation_code as code_in_file,
        null,
        category_2_seconds,
        category_2_incidents,
        source_sha256,
        source_member,
        source_row
    from {{ ref('ambulance_responses') }}
    where level = 'trust'
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
from counted
