-- Distance as in the NHS Trust Peer Finder: the root of the squares of what two organisations differ by, each measure
-- in standard deviations of the league. For a measure that one of the two lacks the others stand. Specialist hospitals
-- differ by what they do, so they have no peers here.
{%- set measures = ['imd', 'share_65_plus', 'rural_share', 'size', 'type'] %}
with levels as (
    select
        max(case when decision = 'peers_listed' then value end) as peers_listed,
        max(case when decision = 'peers_close' then value end) as peers_close
    from {{ ref('decision_levels') }}
),

by_organisation as (
    select
        quarter,
        league,
        organisation_code,
        organisation_name,
        {% for measure in ['imd', 'share_65_plus', 'rural_share'] %}
            max(case when preferred and measure = '{{ measure }}' then difference_from_england end) as {{ measure }},
        {% endfor %}
        max(case when basis in ('rtt_new_periods', 'talking_therapies') then patients end) as patients
    from {{ ref('context') }}
    where not specialist
    group by quarter, league, organisation_code, organisation_name
),

members as (
    select
        by_organisation.quarter,
        by_organisation.league,
        by_organisation.organisation_code,
        by_organisation.organisation_name,
        {{ as_double('by_organisation.imd') }} as imd,
        {{ as_double('by_organisation.share_65_plus') }} as share_65_plus,
        {{ as_double('by_organisation.rural_share') }} as rural_share,
        ln(coalesce(areas.residents, by_organisation.patients)) as size,
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
),

spreads as (
    select
        quarter,
        {% for measure in measures %}
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
        [
            {% for measure in measures %}
                spreads.{{ measure }}{{ ',' if not loop.last }}
            {% endfor %}
        ] as of_league,
        [
            {% for measure in measures %}
                power((one.{{ measure }} - other.{{ measure }}) / spreads.{{ measure }}, 2){{ ',' if not loop.last }}
            {% endfor %}
        ] as squares
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
                , case when squares[{{ loop.index }}] is not null then '{{ measure }}' end
            {%- endfor -%}
        ) as measures,
        cast(sqrt(list_sum(squares) * list_count(of_league) / nullif(list_count(squares), 0)) as decimal(9, 6))
            as distance
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
    cross join levels
    where nearest_first.nth >= levels.peers_close * nearest_first.organisations
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
    limits.nearest_at_most
from placed
cross join levels
inner join limits on limits.quarter = placed.quarter and limits.league = placed.league
where placed.place <= levels.peers_listed
