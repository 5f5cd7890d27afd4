-- Names differ between publications and months: that of the referral-to-treatment file, then of the latest month.
with named as (
    {% for preference, source_id, relation, side, code, name, condition in [
        (1, 'rtt', 'rtt_pathways', "'provider'", 'provider_code', 'provider_name', 'true'),
        (1, 'rtt', 'rtt_pathways', "'commissioner'", 'coalesce(icb_code, commissioner_code)',
            'coalesce(icb_name, commissioner_name)', 'true'),
        (2, 'dm01', 'dm01_waits', "'provider'", 'provider_code', 'provider_name', 'true'),
        (2, 'dm01', 'dm01_waits', "'commissioner'", 'coalesce(icb_code, commissioner_code)',
            'coalesce(icb_name, commissioner_name)', 'true'),
        (3, 'cancer', 'cancer_waits', 'basis', 'organisation_code', 'organisation_name', 'not is_england'),
        (4, 'ae', 'ae_attendances', "'provider'", 'organisation_code', 'organisation_name', 'not is_england'),
        (5, 'ambsys', 'ambulance_responses', "'provider'", 'organisation_code', 'organisation_name', "level = 'trust'")
    ] -%}
        select
            quarter,
            month,
            {{ preference }} as preference,
            {{ side }} as side,
            {{ code }} as organisation_code,
            {{ name }} as organisation_name,
            '{{ source_id }}' as source_id,
            source_sha256,
            source_member,
            min(source_row) as source_row
        from {{ ref(relation) }}
        where {{ condition }}
        group by all
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

preferred as (
    select
        * replace (nullif(nullif(organisation_name, '#N/A'), '') as organisation_name),
        row_number() over (
            partition by quarter, side, organisation_code
            order by
                coalesce(organisation_name, '') in ('', '#N/A') asc,
                preference asc,
                month desc,
                organisation_name asc,
                source_member asc,
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
