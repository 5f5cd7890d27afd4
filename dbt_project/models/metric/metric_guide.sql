-- What a reader needs of a metric. One that a release brings anew has its official title until somebody writes of it.
with found as (
    {{ found_metrics() }}
),

among as (
    select
        quarter,
        metric_id,
        population,
        {{ joined('league', ' ') }} as leagues
    from {{ ref('metrics_in_force') }}
    group by quarter, metric_id, population
)

select
    metrics.quarter,
    metrics.league,
    metrics.metric_id,
    metrics.title,
    coalesce(words.plain_name, metrics.title) as plain_name,
    words.what,
    words.why,
    words.falls_short,
    cast(
        case
            when words.metric_id is null then 'official title'
            when words.reviewed_on is null then 'drafted'
            else 'reviewed'
        end as string
    ) as words_status,
    metrics.domain,
    coalesce(seeded.sub_domain, nullif(found.sub_domain, '')) as sub_domain,
    metrics.unit,
    cast(metrics.polarity || '_better' as string) as direction,
    metrics.scoring_rule,
    metrics.standard,
    metrics.floor,
    metrics.weight,
    metrics.metric_group,
    metrics.counted,
    scored.value_basis,
    cast(among.leagues as string) as scored_among,
    coalesce(rules.publication, cast('nof_data' as string)) as publication,
    metrics.label,
    seeded.source
from {{ ref('metrics_in_force') }} as metrics
inner join among
    on
        among.quarter = metrics.quarter
        and among.metric_id = metrics.metric_id
        and among.population = metrics.population
inner join {{ ref('scored_value_basis') }} as scored
    on
        scored.quarter = metrics.quarter
        and scored.league = metrics.league
        and scored.metric_id = metrics.metric_id
left join {{ ref('metric_words') }} as words on words.metric_id = metrics.metric_id
left join {{ ref('metrics') }} as seeded
    on seeded.framework = metrics.framework and seeded.metric_id = metrics.metric_id
left join found
    on
        found.quarter = metrics.quarter
        and found.league = metrics.league
        and found.metric_id = metrics.metric_id
left join {{ ref('rules_in_force') }} as rules
    on
        scored.value_basis = 'computed'
        and rules.quarter = metrics.quarter
        and rules.framework = metrics.framework
        and rules.metric_id = metrics.metric_id
