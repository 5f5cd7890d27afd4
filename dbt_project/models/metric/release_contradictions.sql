-- Where the file of a release says two things that cannot both be, and where it goes against a seed: the release counts
-- then. Without a trust it is about the whole league.
with methods as (
    select
        quarter,
        framework,
        bool_and(rules_are_found and segment_method = 'quartiles_of_all_providers') as by_quartiles
    from {{ ref('leagues_in_force') }}
    group by quarter, framework
),

contradictions as (
    {{ found('contradictions', {
        'kind': 'string',
        'trust_code': 'string',
        'metric_id': 'string',
        'source_row': 'integer',
        'found': 'string',
        'expected': 'string',
    }) }}
    union all
    select
        quarter,
        league,
        'seed_contradicted',
        null,
        subject,
        null,
        rule || ' ' || found,
        rule || ' ' || seeded || ', as the seeds say'
    from {{ ref('seed_agreement') }}
    where not agrees and rule <> 'weights_together'
    union all
    select
        leagues.quarter,
        leagues.league,
        'seed_contradicted',
        null,
        null,
        null,
        'override to segment ' || coalesce(cast(leagues.override_segment as string), 'none')
        || ', programme to segment ' || coalesce(cast(leagues.programme_segment as string), 'none'),
        'segments ' || leagues.seeded_override_segment || ' and ' || leagues.seeded_programme_segment
        || ', as the seeds say'
    from {{ ref('leagues_in_force') }} as leagues
    where
        leagues.seeded_override_segment <> coalesce(leagues.override_segment, 0)
        or leagues.seeded_programme_segment <> coalesce(leagues.programme_segment, 0)
    union all
    select
        cuts.quarter,
        cuts.league,
        'seed_contradicted',
        null,
        null,
        null,
        'cut point ' || cuts.scope || ' ' || cuts.better_segment || ': ' || cuts.largest_in_better || ' to '
        || cuts.smallest_in_worse,
        seeded.largest_in_better || ' to ' || seeded.smallest_in_worse || ', as the seeds say'
    from {{ ref('cut_points_in_force') }} as cuts
    inner join {{ ref('cut_points') }} as seeded
        on
            seeded.framework = cuts.framework
            and seeded.quarter = cuts.quarter
            and seeded.scope = cuts.scope
            and seeded.better_segment = cuts.better_segment
    inner join methods on methods.quarter = cuts.quarter and methods.framework = cuts.framework
    where
        {{ var('seeded_framework_rules', true) }}
        and cuts.label = 'discovered'
        and not methods.by_quartiles
),

files as (
    select
        quarter,
        league,
        min(source_sha256) as source_sha256,
        min(source_member) as source_member,
        count(distinct trust_code) as organisations
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
                contradictions.kind,
                contradictions.source_row nulls last,
                contradictions.trust_code nulls last,
                contradictions.metric_id nulls last,
                contradictions.found nulls last
        ) as integer
    ) as place,
    contradictions.kind,
    cast(
        case
            when quarters.role <> 'asked for' then 'warning'
            when files.organisations < {{ level('means_show_weights') }} then kinds.of_few
            else kinds.severity
        end as string
    ) as severity,
    contradictions.trust_code as organisation_code,
    contradictions.metric_id as published_id,
    contradictions.found,
    contradictions.expected,
    files.source_sha256,
    files.source_member,
    contradictions.source_row
from contradictions
inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = contradictions.quarter
inner join files on files.quarter = contradictions.quarter and files.league = contradictions.league
left join {{ ref('contradiction_kinds') }} as kinds on kinds.kind = contradictions.kind
