-- One badge an organisation and metric: what the monitors found, what the release knows besides, else that nobody could
-- look. Nothing here says why, and nothing is ranked by it. That a publication has its usual size, or a figure the
-- right months, says nothing good of the counts behind one figure.
{%- set of_the_publication = "'size of the publication compared'" %}
{%- set of_the_month = "'latest month compared with the quarter'" %}
with members as (
    select
        quarter,
        league,
        metric_id,
        organisation_code,
        bool_or(value_basis = 'published' and status = 'reported') as is_published,
        bool_or(value_basis = 'computed' and status = 'reported') as is_counted,
        max(case when value_basis = 'computed' and status = 'reported' then period_end end) as counted_to,
        min(case when value_basis = 'computed' and status = 'reported' then status_reason end) as note_on_counts,
        coalesce(min(case when value_basis = 'published' then status_reason end), min(status_reason)) as missing_reason
    from {{ ref('metric_values') }}
    where league is not null and status <> 'not_applicable'
    group by quarter, league, metric_id, organisation_code
),

held as (
    select *
    from members
    qualify bool_or(is_published or is_counted) over (partition by quarter, league, metric_id)
),

rules as (
    select
        rules.quarter,
        rules.framework,
        rules.metric_id,
        rules.measure,
        rules.side,
        rules.basis,
        leagues.league,
        quarters.period_end
    from {{ ref('rules_in_force') }} as rules
    inner join {{ ref('leagues_in_force') }} as leagues
        on leagues.quarter = rules.quarter and leagues.framework = rules.framework
    inner join {{ ref('quarters_in_scope') }} as quarters on quarters.quarter = rules.quarter
),

steps as (
    select
        rules.quarter,
        rules.league,
        rules.metric_id,
        steps.organisation_code,
        'tested for a step at the standard' as checked,
        case
            when steps.steep
                then
                    steps.just_within || ' wait just within the standard and ' || steps.just_over
                    || ' just over it, where ' || cast(round(steps.expected_within, 0) as integer)
                    || ' within would go with the weeks around'
        end as finding
    from {{ ref('steep_at_the_standard') }} as steps
    inner join {{ ref('steep_standards') }} as standards on standards.standard = steps.standard
    inner join rules
        on rules.quarter = steps.quarter and rules.measure = standards.measure and rules.side = 'provider'
),

jumps as (
    select
        rules.quarter,
        rules.league,
        rules.metric_id,
        jumps.organisation_code,
        'denominator compared month by month' as checked,
        case
            when jumps.jumps
                then
                    'its denominator went from ' || cast(round(jumps.denominator_before, 0) as bigint) || ' to '
                    || cast(round(jumps.denominator, 0) as bigint) || ' in ' || {{ year_and_month('jumps.month') }}
                    || ', away from England and outside its limits'
        end as finding
    from {{ ref('denominator_jumps') }} as jumps
    inner join rules
        on
            rules.quarter = jumps.quarter
            and rules.framework = jumps.framework
            and rules.metric_id = jumps.metric_id
    where jumps.limits <> 'none'
),

mixes as (
    select
        rules.quarter,
        rules.league,
        rules.metric_id,
        mixes.organisation_code,
        'change of the mix of departments compared' as checked,
        case
            when abs(mixes.change_by_mix) > {{ level('mix_points') }}
                then
                    mixes.change_by_mix || ' of the ' || mixes.change
                    || ' points since the quarter before are the mix of departments'
        end as finding
    from {{ ref('ae_mix') }} as mixes
    inner join rules
        on rules.quarter = mixes.quarter and rules.measure like 'ae_%' and rules.side = 'provider'
),

sizes as (
    select
        rules.quarter,
        rules.league,
        rules.metric_id,
        held.organisation_code,
        {{ of_the_publication }} as checked,
        case
            when bool_or(sizes.finding <> 'as expected')
                then
                    'the '
                    || min(
                        case
                            when sizes.finding <> 'as expected'
                                then sizes.source_id || ' publication of ' || sizes.period
                        end
                    )
                    || ' is not as large as usual: it may be a part'
        end as finding
    from {{ ref('sizes_compared') }} as sizes
    inner join rules
        on
            rules.quarter = sizes.quarter
            and rules.measure = sizes.measure
            and {{ side_in_file('rules.side') }} = sizes.part
    inner join held
        on
            held.quarter = rules.quarter
            and held.league = rules.league
            and held.metric_id = rules.metric_id
            and held.is_counted
    group by rules.quarter, rules.league, rules.metric_id, held.organisation_code
),

forms as (
    select distinct
        rules.quarter,
        rules.league,
        rules.metric_id,
        forms.organisation_code,
        'two forms of the publication compared' as checked,
        case
            when forms.disagrees
                then
                    'two forms of ' || {{ year_and_month('forms.month') }} || ' disagree: '
                    || coalesce(
                        cast(round(forms.numerator, 0) as bigint) || ' of '
                        || cast(round(forms.denominator, 0) as bigint),
                        'none'
                    )
                    || ' and '
                    || coalesce(
                        cast(round(forms.other_numerator, 0) as bigint) || ' of '
                        || cast(round(forms.other_denominator, 0) as bigint),
                        'none'
                    )
        end as finding
    from {{ ref('forms_compared') }} as forms
    inner join rules
        on rules.quarter = forms.quarter and rules.measure = forms.measure and rules.side = forms.side
),

published as (
    select
        compared.quarter,
        held.league,
        compared.metric_id,
        compared.organisation_code,
        'compared with the published value' as checked,
        case
            when compared.status = 'unexplained'
                then 'published is ' || compared.published || ', we count ' || compared.computed
        end as finding
    from {{ ref('reconciliation') }} as compared
    inner join held
        on
            held.quarter = compared.quarter
            and held.metric_id = compared.metric_id
            and held.organisation_code = compared.organisation_code
    where compared.measure = 'metric_value'
),

checks as (
    select * from steps
    union all
    select * from jumps
    union all
    select * from mixes
    union all
    select * from sizes
    union all
    select * from forms
    union all
    select * from published
    union all
    select
        held.quarter,
        held.league,
        held.metric_id,
        held.organisation_code,
        {{ of_the_month }},
        case
            when held.counted_to < rules.period_end
                then 'its counts end with ' || {{ year_and_month('held.counted_to') }} || ', before the quarter does'
        end
    from held
    inner join rules
        on
            rules.quarter = held.quarter
            and rules.league = held.league
            and rules.metric_id = held.metric_id
            and rules.basis = 'latest_month'
    where held.is_counted
),

summed as (
    select
        quarter,
        league,
        metric_id,
        organisation_code,
        {{ joined('finding', '; ', distinct=true) }} as findings,
        {{ joined('checked', '; ', distinct=true) }} as checked,
        bool_or(checked not in ({{ of_the_publication }}, {{ of_the_month }})) as was_checked
    from checks
    group by quarter, league, metric_id, organisation_code
)

select
    held.quarter,
    held.league,
    held.metric_id,
    metrics.title as metric_title,
    held.organisation_code,
    organisations.organisation_name,
    cast(
        case
            when summed.findings is not null then 'look'
            when held.is_counted and summed.was_checked then 'good'
            else 'not checked'
        end as string
    ) as badge,
    cast(
        coalesce(
            summed.findings,
            case
                when held.is_counted and summed.was_checked is not true
                    then
                        concat_ws(
                            '; ',
                            'its counts are at hand, of too few months or kinds for a monitor',
                            held.note_on_counts
                        )
                when held.is_counted
                    then concat_ws('; ', 'its counts are at hand, and nothing was found', held.note_on_counts)
                when not held.is_published then held.missing_reason
                when scores.score_basis = 'published' then 'a score is published, without value and counts'
                when scores.score_basis = 'recovered'
                    then 'the value is published without counts; its score is recovered from the published one'
                else 'the value is published without counts'
            end
        ) as string
    ) as reasons,
    case
        when held.is_counted and (summed.was_checked or summed.findings is not null) then summed.checked
    end as checked,
    cast('experimental' as string) as label
from held
inner join {{ ref('organisations') }} as organisations
    on
        organisations.quarter = held.quarter
        and organisations.league = held.league
        and organisations.organisation_code = held.organisation_code
inner join {{ ref('metrics_in_force') }} as metrics
    on
        metrics.quarter = held.quarter
        and metrics.league = held.league
        and metrics.metric_id = held.metric_id
left join {{ ref('metric_scores') }} as scores
    on
        scores.quarter = held.quarter
        and scores.league = held.league
        and scores.metric_id = held.metric_id
        and scores.organisation_code = held.organisation_code
left join summed
    on
        summed.quarter = held.quarter
        and summed.league = held.league
        and summed.metric_id = held.metric_id
        and summed.organisation_code = held.organisation_code
