-- Where the file of a release says two things that cannot both be. Without a trust it is about the whole league.
with contradictions as (
    {{ found('contradictions', {
        'kind': 'varchar',
        'trust_code': 'varchar',
        'metric_id': 'varchar',
        'source_row': 'integer',
        'found': 'varchar',
        'expected': 'varchar',
    }) }}
),

files as (
    select
        quarter,
        league,
        min(source_sha256) as source_sha256,
        min(source_member) as source_member
    from {{ ref('nof_figures') }}
    group by quarter, league
)

select
    contradictions.quarter,
    quarters.role,
    contradictions.league,
    cast(
        row_number() over (
            partition by contradictions.quarter, contradictions.league
            order by
                contradictions.kind, contradictions.source_row, contradictions.trust_code, contradictions.metric_id,
                contradictions.found
        ) as integer
    ) as place,
    contradictions.kind,
    contradictions.trust_code,
    contradictions.metric_id as published_id,
    contradictions.found,
    contradictions.expected,
    files.source_sha256,
    files.source_member,
    contradictions.source_row
from contradictions
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = contradictions.quarter
inner join files on files.quarter = contradictions.quarter and files.league = contradictions.league
