-- What each rule is, as the release itself shows it, and how many of its figures speak for it.
with findings as (
    {{ found('findings', {
        'subject': 'varchar',
        'rule': 'varchar',
        'found': 'varchar',
        'low': 'decimal(18, 6)',
        'high': 'decimal(18, 6)',
        'cells_explained': 'integer',
        'cells_unexplained': 'integer',
        'alternatives': 'varchar',
        'leave_one_out_agrees': 'integer',
        'leave_one_out_of': 'integer',
    }) }}
),

metrics as (
    {{ found_metrics() }}
),

agreed as (
    select
        quarter,
        league,
        subject,
        rule,
        seeded,
        agrees,
        label
    from {{ ref('seed_agreement') }}
    where rule <> 'weights'
    union all
    select
        metrics.quarter,
        metrics.league,
        coalesce(metrics.domain, 'overall'),
        case when metrics.domain is null then 'average_score' else 'domain_score' end,
        null,
        bool_and(coalesce(weights.agrees, false)),
        max(weights.label)
    from metrics
    left join {{ ref('seed_agreement') }} as weights
        on
            weights.quarter = metrics.quarter
            and weights.league = metrics.league
            and weights.metric_id = metrics.metric_id
            and weights.rule = 'weights'
    group by grouping sets ((metrics.quarter, metrics.league, metrics.domain), (metrics.quarter, metrics.league))
    union all
    select
        quarter,
        league,
        'league',
        unnest(['override', 'programme']),
        'at least segment ' || unnest([seeded_override_segment, seeded_programme_segment]) || ' with the flag',
        unnest([seeded_override_segment = override_segment, seeded_programme_segment = programme_segment]),
        label
    from {{ ref('leagues_in_force') }}
    union all
    select
        cuts.quarter,
        cuts.league,
        coalesce(domains.title, cuts.scope),
        'cut_points',
        string_agg(cuts.largest_in_better || '/' || cuts.smallest_in_worse, ', ' order by cuts.better_segment),
        bool_and(cuts.label <> 'discovered'),
        max(cuts.label)
    from {{ ref('cut_points_in_force') }} as cuts
    left join {{ ref('domains_in_force') }} as domains
        on domains.quarter = cuts.quarter and domains.league = cuts.league and domains.domain = cuts.scope
    group by cuts.quarter, cuts.league, domains.title, cuts.scope
)

select
    findings.quarter,
    findings.league,
    findings.subject,
    findings.rule,
    findings.found,
    findings.low,
    findings.high,
    case when agreed.agrees or findings.rule <> 'cut_points' then agreed.seeded end as seeded,
    cast(case when agreed.agrees then 'seed' else 'release' end as varchar) as origin,
    cast(case when agreed.agrees then agreed.label else 'discovered' end as varchar) as label,
    findings.cells_explained,
    findings.cells_unexplained,
    nullif(findings.alternatives, '') as alternatives,
    case when findings.leave_one_out_of > 0 then findings.leave_one_out_agrees end as leave_one_out_agrees,
    nullif(findings.leave_one_out_of, 0) as leave_one_out_of
from findings
left join agreed
    on
        agreed.quarter = findings.quarter
        and agreed.league = findings.league
        and agreed.subject = findings.subject
        and agreed.rule = findings.rule
