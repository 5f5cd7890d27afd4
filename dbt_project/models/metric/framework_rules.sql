-- What each rule is, as the release itself shows it, and how many of its figures speak for it. An average, a segment
-- and a place of the league are summary measures; those of a domain have ids of their own.
with findings as (
    {{ found('findings', {
        'subject': 'string',
        'rule': 'string',
        'found': 'string',
        'low': 'decimal(18, 6)',
        'high': 'decimal(18, 6)',
        'cells_explained': 'integer',
        'cells_unexplained': 'integer',
        'alternatives': 'string',
        'leave_one_out_agrees': 'integer',
        'leave_one_out_of': 'integer',
    }) }}
),

means as (
    select
        quarter,
        league,
        metric_id,
        {{ a_row_each({'subject': ['domain', "'overall'"]}) }}
    from ({{ found('metrics', {'metric_id': 'string', 'domain': 'string'}) }}) as metrics
),

floors as (
    select
        quarter,
        league,
        label,
        {{ a_row_each({
            'rule': ["'override'", "'programme'"],
            'seeded': ['seeded_override_segment', 'seeded_programme_segment'],
            'found': ['override_segment', 'programme_segment']
        }) }}
    from {{ ref('leagues_in_force') }}
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
    where rule <> 'weights_together'
    union all
    select
        means.quarter,
        means.league,
        means.subject,
        case means.subject when 'overall' then 'average_score' else 'domain_score' end,
        null,
        bool_and(coalesce(weights.agrees, false)),
        {{ weakest_label_of('weights.label') }}
    from means
    left join {{ ref('seed_agreement') }} as weights
        on
            weights.quarter = means.quarter
            and weights.league = means.league
            and weights.metric_id = means.metric_id
            and weights.rule = 'weights_together'
    group by means.quarter, means.league, means.subject
    union all
    select
        quarter,
        league,
        'league',
        rule,
        'at least segment ' || seeded,
        seeded = found,
        label
    from floors
    union all
    select
        cuts.quarter,
        cuts.league,
        coalesce(domains.title, cuts.scope),
        'cut_points',
        {{ joined("cuts.largest_in_better || '/' || cuts.smallest_in_worse", by='cuts.better_segment') }},
        bool_and(cuts.label <> 'discovered'),
        {{ weakest_label_of('cuts.label') }}
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
    metrics.metric_id,
    cast(
        case
            when metrics.metric_id is not null then findings.subject
            when domains.title is null then measures.published_id
            when findings.rule = 'cut_points' then domains.segment_id
            else domains.score_id
        end as string
    ) as published_id,
    findings.found,
    findings.low,
    findings.high,
    case when agreed.agrees or findings.rule <> 'cut_points' then agreed.seeded end as seeded,
    cast(case when agreed.agrees then 'seed' else 'release' end as string) as origin,
    cast(case when agreed.agrees then agreed.label else 'discovered' end as string) as label,
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
left join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = findings.quarter
        and metrics.league = findings.league
        and metrics.score_id = findings.subject
left join {{ ref('domains_in_force') }} as domains
    on
        domains.quarter = findings.quarter
        and domains.league = findings.league
        and domains.title = findings.subject
left join {{ ref('summary_measures_in_force') }} as measures
    on
        measures.quarter = findings.quarter
        and measures.league = findings.league
        and measures.measure
        = case
            when findings.subject = 'overall' and findings.rule = 'cut_points' then 'unadjusted_segment'
            when findings.subject = 'overall' then 'average_score'
            when findings.rule = 'programme' then 'final_segment'
            else 'adjusted_segment'
        end
