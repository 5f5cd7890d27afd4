-- Names differ between publications and months: that of the preferred publication, then of the latest month.
with named as (
    select
        quarter,
        month,
        preference,
        side,
        organisation_code,
        organisation_name,
        source_id,
        source_sha256,
        source_member,
        min(source_row) as source_row
    from {{ ref('counts') }}
    where side is not null
    group by all
),

preferred as (
    select
        quarter,
        side,
        organisation_code,
        nullif(nullif(organisation_name, '#N/A'), '') as organisation_name,
        source_id,
        source_sha256,
        source_member,
        source_row,
        row_number() over (
            partition by quarter, side, organisation_code
            order by
                coalesce(named.organisation_name, '') in ('', '#N/A') asc,
                preference asc,
                month desc,
                named.organisation_name asc nulls last,
                source_member asc nulls last,
                source_row asc
        ) as choice
    from named
)

select
    quarter,
    side,
    organisation_code,
    organisation_name,
    source_id,
    source_sha256,
    source_member,
    source_row
from preferred
where choice = 1
