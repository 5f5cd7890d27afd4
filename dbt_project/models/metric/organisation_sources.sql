-- Which rows say what an organisation is called and where it belongs: of every file the first row that says what
-- `organisations` has. Rows that say otherwise are not named. What only a seed says (`trusts`, `trust_changes`, `icbs`)
-- has no row here, nor has the name of an organisation known only by code.
with published as (
    select
        figures.*,
        regions.region
    from {{ ref('nof_figures') }} as figures
    left join {{ ref('regions') }} as regions on regions.published_name = lower(figures.published_region)
),

-- The region of an ICB is that of its trusts, of those that are open.
open_trusts as (
    select *
    from {{ ref('etr_trusts') }}
    where close_date is null
),

looked_up_icbs as (
    select
        cast(null as string) as quarter,
        *
    from {{ ref('reference_icbs') }}
    where source_sha256 is not null
),

stated as (
    {% for source_id, rows, code, attributes in [
        ("'nof_data'", 'published', 'trust_code', {
            'organisation_name': 'trust_name', 'trust_subtype': 'trust_subtype', 'league': 'league', 'region': 'region'
        }),
        ("'ods_etr'", ref('etr_trusts'), 'trust_code', {
            'organisation_name': 'trust_name', 'region': 'region', 'icb_code': 'icb_code'
        }),
        ("'ods_etr'", 'open_trusts', 'icb_code', {'region': 'region', 'icb_code': 'icb_code'}),
        ("'ods_trusts'", ref('listed_trusts'), 'trust_code', {
            'organisation_name': 'trust_name', 'league': 'league', 'region': 'region', 'icb_code': 'icb_code'
        }),
        ("'sickness'", ref('sickness_days'), 'organisation_code', {'league': 'league'}),
        ("'ods_sub_icbs'", 'looked_up_icbs', 'icb_code', {
            'organisation_name': 'icb_name', 'region': 'region', 'icb_code': 'icb_code'
        })
    ] -%}
        {% for attribute, value in attributes.items() -%}
            select
                quarter,
                {{ code }} as organisation_code,
                '{{ attribute }}' as attribute,
                {{ readable_name(value) if attribute == 'organisation_name' else value }} as value,
                {{ source_id }} as source_id,
                source_sha256,
                source_member,
                source_row
            from {{ rows }}
            union all
        {% endfor -%}
    {% endfor -%}
    {% for attribute, value in {
        'organisation_name': 'organisation_name', 'icb_code': 'organisation_code'
    }.items() -%}
        select
            quarter,
            organisation_code,
            '{{ attribute }}' as attribute,
            {{ readable_name(value) if attribute == 'organisation_name' else value }} as value,
            source_id,
            source_sha256,
            source_member,
            source_row
        from {{ ref('organisations_in_files') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

held as (
    {% for attribute in ['organisation_name', 'trust_subtype', 'league', 'region', 'icb_code'] -%}
        select
            quarter,
            organisation_code,
            '{{ attribute }}' as attribute,
            {{ attribute }} as value
        from {{ ref('organisations') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    held.quarter,
    held.organisation_code,
    cast(held.attribute as string) as attribute,
    held.value,
    cast(stated.source_id as string) as source_id,
    stated.source_sha256,
    stated.source_member,
    cast(min(stated.source_row) as integer) as source_row
from held
inner join stated
    on
        stated.organisation_code = held.organisation_code
        and stated.attribute = held.attribute
        and stated.value = held.value
        and coalesce(stated.quarter, held.quarter) = held.quarter
group by
    held.quarter,
    held.organisation_code,
    held.attribute,
    held.value,
    stated.source_id,
    stated.source_sha256,
    stated.source_member
