-- Every official figure beside ours. By construction: the published figure, or a rule read from it, was our input. What
-- comes of rules that were not in force is compared with nothing.
with discovered as (
    select
        metrics.quarter,
        metrics.league,
        metrics.metric_id,
        domains.score_id as domain_score_id
    from {{ ref('metrics_in_force') }} as metrics
    left join {{ ref('domains_in_force') }} as domains
        on
            domains.quarter = metrics.quarter
            and domains.league = metrics.league
            and domains.domain = metrics.domain
    where metrics.label = 'discovered'
),

-- What rules in force were fitted to: a metric's to its scores, and with those of its domain and league to the means.
fitted as (
    select
        quarter,
        league,
        'metric_score' as measure,
        metric_id
    from discovered
    union
    select
        quarter,
        league,
        'domain_score',
        domain_score_id
    from discovered
    union
    select
        quarter,
        league,
        {{ a_row_each({'measure': ["'average_score'", "'league_table_average_score'"]}) }},
        null
    from discovered
    union
    select
        quarter,
        league,
        {{ a_row_each({'measure': ["'adjusted_segment'", "'league_table_segment'"]}) }},
        null
    from {{ ref('leagues_in_force') }}
    where override_segment is distinct from seeded_override_segment
),

summary as (
    select
        figures.quarter,
        figures.league,
        figures.trust_code as organisation_code,
        measures.measure,
        figures.value,
        figures.published_rank,
        figures.source_sha256,
        figures.source_member,
        figures.source_row
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('summary_measures_in_force') }} as measures
        on
            measures.quarter = figures.quarter
            and measures.league = figures.league
            and measures.published_id = figures.published_id
),

published_domains as (
    select
        figures.quarter,
        figures.league,
        figures.trust_code as organisation_code,
        domains.domain,
        domains.score_id,
        domains.segment_id,
        max(case when figures.published_id = domains.score_id then figures.value end) as score,
        max(case when figures.published_id = domains.score_id then figures.published_rank end) as rank,
        max(case when figures.published_id = domains.segment_id then figures.value end) as segment,
        max(figures.source_sha256) as source_sha256,
        max(figures.source_member) as source_member,
        max(case when figures.published_id = domains.score_id then figures.source_row end) as score_row,
        max(case when figures.published_id = domains.segment_id then figures.source_row end) as segment_row
    from {{ ref('nof_figures') }} as figures
    inner join {{ ref('domains_in_force') }} as domains
        on
            domains.quarter = figures.quarter
            and domains.league = figures.league
            and figures.published_id in (domains.score_id, domains.segment_id)
    group by
        figures.quarter, figures.league, figures.trust_code, domains.domain, domains.score_id, domains.segment_id
),

domain_cells as (
    select
        published.*,
        ours.domain_score,
        ours.domain_segment,
        ours.rank as domain_rank,
        segments.cut_point_basis
    from published_domains as published
    left join {{ ref('domain_league_table') }} as ours
        on
            ours.quarter = published.quarter
            and ours.league = published.league
            and ours.organisation_code = published.organisation_code
            and ours.domain = published.domain
    left join {{ ref('unadjusted_segments') }} as segments
        on
            segments.quarter = published.quarter
            and segments.league = published.league
            and segments.organisation_code = published.organisation_code
            and segments.scope = published.domain
),

ranked_cells as (
    select
        league_table.*,
        segments.cut_point_basis
    from {{ ref('league_table') }} as league_table
    left join {{ ref('adjusted_segments') }} as segments
        on
            segments.quarter = league_table.quarter
            and segments.league = league_table.league
            and segments.organisation_code = league_table.organisation_code
),

league_table_cells as (
    select
        published.quarter,
        published.league,
        published.trust_code as organisation_code,
        published.average_score as published_average_score,
        published.segment as published_segment,
        published.financial_override as published_financial_override,
        published.league_rank as published_rank,
        published.source_sha256,
        published.source_member,
        published.source_row,
        ours.average_score,
        ours.segment,
        ours.financial_override,
        ours.rank,
        ours.cut_point_basis
    from {{ ref('nof_league_rows') }} as published
    left join ranked_cells as ours
        on
            ours.quarter = published.quarter
            and ours.league = published.league
            and ours.organisation_code = published.trust_code
),

metric_cells as (
    select
        metric_values.quarter,
        scores.league,
        metric_values.organisation_code,
        metric_values.metric_id,
        metric_values.published_score,
        metric_values.published_rank,
        scores.score,
        scores.score_basis,
        scores.ties_split_by as score_ties_split_by,
        league_table.rank,
        league_table.ties_split_by as rank_ties_split_by,
        metric_values.value is not null as has_value,
        metric_values.source_sha256,
        metric_values.source_member,
        metric_values.source_row,
        metric_values.published_score_row
    from {{ ref('metric_values') }} as metric_values
    inner join {{ ref('metric_scores') }} as scores
        on
            scores.quarter = metric_values.quarter
            and scores.organisation_code = metric_values.organisation_code
            and scores.metric_id = metric_values.metric_id
    left join {{ ref('metric_league_table') }} as league_table
        on
            league_table.quarter = metric_values.quarter
            and league_table.organisation_code = metric_values.organisation_code
            and league_table.metric_id = metric_values.metric_id
    where metric_values.value_basis = 'published'
),

value_cells as (
    select
        published.quarter,
        published.organisation_code,
        published.metric_id,
        published.value as published_value,
        round(computed.value, 2) as computed_value,
        rules.tolerance,
        rules.tolerance_reason,
        published.published_score,
        {{ round_half_up('scores.score') }} as computed_score,
        published.source_sha256,
        published.source_member,
        published.source_row,
        published.published_score_row
    from {{ ref('metric_values') }} as published
    inner join {{ ref('metric_values') }} as computed
        on
            computed.quarter = published.quarter
            and computed.organisation_code = published.organisation_code
            and computed.metric_id = published.metric_id
            and computed.value_basis = 'computed'
    inner join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = published.quarter and leagues.league = published.league
    inner join {{ ref('rules_in_force') }} as rules
        on
            rules.quarter = published.quarter
            and rules.framework = leagues.framework
            and rules.metric_id = published.metric_id
    left join {{ ref('scores_of_counts') }} as scores
        on
            scores.quarter = published.quarter
            and scores.organisation_code = published.organisation_code
            and scores.metric_id = published.metric_id
    where published.value_basis = 'published' and computed.status = 'reported'
),

cells as (
    select
        quarter,
        league,
        organisation_code,
        'metric_score' as measure,
        metric_id,
        published_score as published,
        score as computed,
        score_basis <> 'computed' or coalesce(score_ties_split_by = 'published score', false) as by_construction,
        source_sha256,
        source_member,
        published_score_row as source_row
    from metric_cells
    union all
    select
        quarter,
        league,
        organisation_code,
        'metric_rank',
        metric_id,
        published_rank,
        rank,
        rank_ties_split_by is not null,
        source_sha256,
        source_member,
        source_row
    from metric_cells
    where has_value
    {% for measure, metric_id, published, computed, by_construction, source_row in [
        ('domain_score', 'score_id', 'score', 'domain_score', 'false', 'score_row'),
        ('domain_rank', 'score_id', 'rank', 'domain_rank', 'false', 'score_row'),
        ('domain_segment', 'segment_id', 'segment', 'domain_segment', "cut_point_basis = 'observed'", 'segment_row')
    ] -%}
        union all
        select
            quarter,
            league,
            organisation_code,
            '{{ measure }}',
            {{ metric_id }},
            {{ published }},
            {{ computed }},
            {{ by_construction }},
            source_sha256,
            source_member,
            {{ source_row }}
        from domain_cells
    {% endfor %}
    union all
    select
        summary.quarter,
        summary.league,
        summary.organisation_code,
        summary.measure,
        cast(null as string) as metric_id,
        summary.value,
        case summary.measure
            when 'average_score' then ours.average_score
            when 'unadjusted_segment' then ours.segment_unadjusted
            when 'financial_override' then ours.financial_override
            when 'adjusted_segment' then ours.segment
            when 'final_segment' then ours.final_segment
        end as computed,
        summary.measure in ('financial_override', 'final_segment')
        or (summary.measure in ('unadjusted_segment', 'adjusted_segment') and ours.cut_point_basis = 'observed')
            as by_construction,
        summary.source_sha256,
        summary.source_member,
        summary.source_row
    from summary
    left join ranked_cells as ours
        on
            ours.quarter = summary.quarter
            and ours.league = summary.league
            and ours.organisation_code = summary.organisation_code
    where summary.measure <> 'improvement_programme'
    union all
    select
        summary.quarter,
        summary.league,
        summary.organisation_code,
        case summary.measure when 'adjusted_segment' then 'league_rank' else 'rank_without_override' end as measure,
        cast(null as string) as metric_id,
        summary.published_rank,
        case summary.measure when 'adjusted_segment' then ours.rank else ours.rank_without_override end as computed,
        false as by_construction,
        summary.source_sha256,
        summary.source_member,
        summary.source_row
    from summary
    left join ranked_cells as ours
        on
            ours.quarter = summary.quarter
            and ours.league = summary.league
            and ours.organisation_code = summary.organisation_code
    where summary.measure in ('adjusted_segment', 'average_score')
    {% for measure, published, computed, by_construction in [
        ('average_score', 'published_average_score', 'average_score', 'false'),
        ('segment', 'published_segment', 'segment', "cut_point_basis = 'observed'"),
        ('financial_override', 'published_financial_override', 'financial_override', 'true'),
        ('rank', 'published_rank', 'rank', 'false')
    ] -%}
        union all
        select
            quarter,
            league,
            organisation_code,
            'league_table_{{ measure }}',
            null,
            {{ published }},
            {{ computed }},
            {{ by_construction }},
            source_sha256,
            source_member,
            source_row
        from league_table_cells
    {% endfor %}
),

compared as (
    select
        cells.quarter,
        cells.organisation_code,
        cast(cells.measure as string) as measure,
        cells.metric_id,
        cast(cells.published as decimal(18, 2)) as published,
        cast(cells.computed as decimal(18, 2)) as computed,
        cells.by_construction or fitted.measure is not null as by_construction,
        cast(0 as decimal(18, 2)) as tolerance,
        cast(null as string) as tolerance_reason,
        cells.source_sha256,
        cells.source_member,
        cells.source_row
    from cells
    left join fitted
        on
            fitted.quarter = cells.quarter
            and fitted.league = cells.league
            and fitted.measure = cells.measure
            and fitted.metric_id is not distinct from cells.metric_id
    left join {{ ref('leagues_in_force') }} as foreign_leagues
        on
            foreign_leagues.quarter = cells.quarter
            and foreign_leagues.league = cells.league
            and foreign_leagues.is_foreign
    where cells.published is not null and foreign_leagues.league is null
    union all
    select
        quarter,
        organisation_code,
        'metric_value',
        metric_id,
        cast(published_value as decimal(18, 2)),
        cast(computed_value as decimal(18, 2)),
        false,
        cast(tolerance as decimal(18, 2)),
        tolerance_reason,
        source_sha256,
        source_member,
        source_row
    from value_cells
    where published_value is not null
    union all
    -- Where values may differ so may scores, by as much as there is: one that moves moves others.
    select
        quarter,
        organisation_code,
        'metric_value_score',
        metric_id,
        cast(published_score as decimal(18, 2)),
        cast(computed_score as decimal(18, 2)),
        false,
        case when tolerance > 0 then 3 else 0 end,
        tolerance_reason,
        source_sha256,
        source_member,
        published_score_row
    from value_cells
    where published_score is not null and computed_score is not null
)

select
    quarter,
    organisation_code,
    measure,
    metric_id,
    published,
    computed,
    cast(computed - published as decimal(18, 2)) as difference,
    tolerance,
    cast(
        case
            when computed = published and by_construction then 'agrees_by_construction'
            when computed = published then 'agrees'
            when abs(computed - published) <= tolerance then 'explained'
            else 'unexplained'
        end as string
    ) as status,
    cast(
        case when computed <> published and abs(computed - published) <= tolerance then tolerance_reason end as string
    ) as explanation,
    source_sha256,
    source_member,
    source_row
from compared
