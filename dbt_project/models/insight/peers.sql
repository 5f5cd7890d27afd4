-- Distance as in the NHS Trust Peer Finder: the root of the squares of what two organisations differ by, each measure
-- in standard deviations of the league. By a measure that one of the two lacks they differ as two of the league do on
-- average, whose square is 2, as by one of which both have no more than the mean of their ICB. Specialist hospitals
-- differ by what they do and have no peers here. Two of a size are so by one kind of care: by community contacts only
-- where they do not both count pathways, referrals or residents.
{%- set of_areas = ['imd', 'share_65_plus', 'rural_share'] %}
{%- set measures = of_areas + ['size', 'type'] %}
with by_organisation as (
    select
        quarter,
        league,
        organisation_code,
        organisation_name,
        {% for measure in of_areas %}
            max(case when preferred and measure = '{{ measure }}' then difference_from_england end) as {{ measure }},
            max(case when preferred and measure = '{{ measure }}' then basis end) as basis_of_{{ measure }},
        {% endfor %}
        max(case when basis in ('rtt_new_periods', 'talking_therapies') then patients end) as patients
    from {{ ref('context') }}
    where not specialist
    group by quarter, league, organisation_code, organisation_name
),

last_months as (
    select
        quarter,
        max(month) as month
    from {{ ref('months_available') }}
    where source_id = 'csds'
    group by quarter
),

contacts as (
    select
        counts.quarter,
        coalesce(successions.successor_code, counts.organisation_code) as organisation_code,
        sum(counts.value) as contacts,
        max(months.file_name) as source_file,
        {{ joined('cast(counts.source_row as string)', ',', by='counts.source_row') }} as source_rows
    from {{ ref('csds_counts') }} as counts
    inner join last_months on last_months.quarter = counts.quarter and last_months.month = counts.month
    inner join {{ ref('months_available') }} as months
        on
            months.source_id = 'csds'
            and months.quarter = counts.quarter
            and months.month = counts.month
            and months.source_sha256 = counts.source_sha256
    left join {{ ref('successions') }} as successions
        on successions.quarter = counts.quarter and successions.predecessor_code = counts.organisation_code
    where counts.level = 'Provider' and counts.dimension = 'TotalCareContacts' and counts.value > 0
    group by counts.quarter, coalesce(successions.successor_code, counts.organisation_code)
),

members as (
    select
        by_organisation.quarter,
        by_organisation.league,
        by_organisation.organisation_code,
        by_organisation.organisation_name,
        organisations.icb_code,
        {% for measure in of_areas %}
            {{ as_double('by_organisation.' ~ measure) }} as {{ measure }},
            by_organisation.basis_of_{{ measure }},
        {% endfor %}
        ln(coalesce(areas.residents, by_organisation.patients)) as size,
        ln({{ as_double('contacts.contacts') }}) as contacts,
        contacts.source_file,
        contacts.source_rows,
        case
            when organisations.league = 'mental_health_community'
                then {{ as_double("organisations.trust_subtype = 'Community'") }}
        end as type
    from by_organisation
    inner join {{ ref('organisations') }} as organisations
        on
            organisations.quarter = by_organisation.quarter
            and organisations.league = by_organisation.league
            and organisations.organisation_code = by_organisation.organisation_code
    left join {{ ref('area_context') }} as areas
        on
            areas.quarter = by_organisation.quarter
            and areas.area_kind = 'icb'
            and areas.area_code = by_organisation.organisation_code
    left join contacts
        on
            contacts.quarter = by_organisation.quarter
            and contacts.organisation_code = by_organisation.organisation_code
            and by_organisation.league = 'mental_health_community'
),

spreads as (
    select
        quarter,
        {% for measure in measures + ['contacts'] %}
            nullif(round(stddev_samp({{ measure }}), 9), 0) as {{ measure }},
        {% endfor %}
        league
    from members
    group by quarter, league
),

differences as (
    select
        one.quarter,
        one.league,
        one.organisation_code,
        one.organisation_name,
        other.organisation_code as peer_code,
        other.organisation_name as peer_name,
        {% for measure in measures -%}
            {%- if measure == 'size' -%}
                coalesce(spreads.size, spreads.contacts) as spread_of_size,
                coalesce(
                    (one.size - other.size) / spreads.size, (one.contacts - other.contacts) / spreads.contacts
                ) as size,
            {%- elif measure == 'type' -%}
                spreads.type as spread_of_type,
                (one.type - other.type) / spreads.type as type,
            {%- else -%}
                spreads.{{ measure }} as spread_of_{{ measure }},
                case
                    when
                        one.icb_code <> other.icb_code
                        or one.basis_of_{{ measure }} <> 'host_icb'
                        or other.basis_of_{{ measure }} <> 'host_icb'
                        then (one.{{ measure }} - other.{{ measure }}) / spreads.{{ measure }}
                end as {{ measure }},
            {%- endif %}
        {% endfor -%}
        case
            when (one.size - other.size) / spreads.size is null
                then (one.contacts - other.contacts) / spreads.contacts is not null
            else false
        end as by_contacts,
        one.source_file,
        one.source_rows || ',' || other.source_rows as source_rows
    from members as one
    inner join members as other
        on
            other.quarter = one.quarter
            and other.league = one.league
            and other.organisation_code <> one.organisation_code
    inner join spreads on spreads.quarter = one.quarter and spreads.league = one.league
),

pairs as (
    select
        quarter,
        league,
        organisation_code,
        organisation_name,
        peer_code,
        peer_name,
        concat_ws(
            ', '
            {%- for measure in measures -%}
                , case
                    {{ "when by_contacts then 'contacts'" if measure == 'size' }}
                    when {{ measure }} is not null then '{{ measure }}'
                end
            {%- endfor -%}
        ) as measures,
        cast(
            sqrt(
                {% for measure in measures -%}
                    coalesce(power({{ measure }}, 2), 2 * cast(spread_of_{{ measure }} is not null as integer))
                    {{ '+' if not loop.last }}
                {% endfor %}
            ) as decimal(9, 6)
        ) as distance,
        case when by_contacts then source_file end as source_file,
        case when by_contacts then source_rows end as source_rows
    from differences
),

placed as (
    select
        *,
        row_number() over (
            partition by quarter, league, organisation_code order by distance, peer_code
        ) as place,
        min(distance) over (partition by quarter, league, organisation_code) as nearest
    from pairs
    where measures <> ''
),

nearest_first as (
    select
        quarter,
        league,
        nearest,
        row_number() over (partition by quarter, league order by nearest) as nth,
        count(*) over (partition by quarter, league) as organisations
    from placed
    where place = 1
),

limits as (
    select
        nearest_first.quarter,
        nearest_first.league,
        min(nearest_first.nearest) as nearest_at_most
    from nearest_first
    where nearest_first.nth >= {{ level('peers_close') }} * nearest_first.organisations
    group by nearest_first.quarter, nearest_first.league
)

select
    placed.quarter,
    placed.league,
    placed.organisation_code,
    placed.organisation_name,
    cast(placed.place as integer) as place,
    placed.peer_code,
    placed.peer_name,
    placed.distance,
    placed.measures,
    placed.nearest <= limits.nearest_at_most as has_close_peers,
    limits.nearest_at_most,
    placed.source_file,
    placed.source_rows
from placed
inner join limits on limits.quarter = placed.quarter and limits.league = placed.league
where placed.place <= {{ level('peers_listed') }}
