-- Months whose file is at hand and has no figure for a metric: all rows of its measure may be lost. A form that did not
-- have a measure before has lost nothing where another form, or another way to compute the metric, has figures.
with frameworks as (
    select distinct
        quarter,
        framework
    from {{ ref('leagues_in_force') }}
),

rules as (
    select
        frameworks.quarter,
        computed.framework,
        computed.metric_id,
        computed.publication,
        computed.measure,
        {{ side_in_file('computed.side') }} as side
    from {{ ref('computed_metrics') }} as computed
    inner join frameworks on frameworks.framework = computed.framework
),

figures as (
    select distinct
        source_id,
        quarter,
        month,
        measure,
        side
    from {{ ref('counts') }}
    where side is not null and numerator is not null and denominator is not null
),

since as (
    select
        source_id,
        measure,
        side,
        min(quarter) as first_quarter
    from figures
    group by source_id, measure, side
),

-- Some forms are of providers alone.
sides as (
    select distinct
        source_id,
        side
    from figures
),

at_hand as (
    select
        rules.quarter,
        rules.framework,
        rules.metric_id,
        rules.measure,
        rules.side,
        files.month,
        files.file_name,
        bool_or(figures.measure is not null) over (
            partition by rules.quarter, rules.framework, rules.metric_id, rules.measure, rules.side, files.month
        ) as is_found,
        coalesce(since.first_quarter <= rules.quarter, false) as form_has_it,
        bool_or(figures.measure is not null) over (
            partition by rules.quarter, rules.framework, rules.metric_id
        ) as metric_has_some
    from rules
    inner join {{ ref('publication_forms') }} as forms on forms.publication = rules.publication
    inner join {{ ref('months_available') }} as files
        on
            files.source_id = forms.source_id
            and files.quarter = rules.quarter
            and coalesce(files.part, rules.side) = rules.side
    inner join sides on sides.source_id = files.source_id and sides.side = rules.side
    left join since
        on
            since.source_id = files.source_id
            and since.measure = rules.measure
            and since.side = rules.side
    left join figures
        on
            figures.source_id = files.source_id
            and figures.quarter = rules.quarter
            and figures.month = files.month
            and figures.measure = rules.measure
            and figures.side = rules.side
)

select distinct
    quarter,
    cast(framework as string) as framework,
    cast(metric_id as string) as metric_id,
    cast(measure as string) as measure,
    cast(side as string) as side,
    month,
    cast(file_name as string) as file_name
from at_hand
where not is_found and (form_has_it or not metric_has_some)
