-- Scores of 0 to 10. A trust's own row counts, else the row of another code that seed `survey_codes` gives it; scores
-- of two do not add up, so a trust that had merged has none. Only the last year of the benchmark data is as published.
{%- set last_year = "right(landed.heading, 4) = cast(year(months.month) as string)" %}
with landed as (
    {% for source_id, condition in [('staff_survey', 'true'), ('staff_survey_benchmark', last_year)] -%}
        select
            '{{ source_id }}' as source_id,
            months.quarter,
            months.month,
            {{ clean_text('landed.organisation_code') }} as survey_code,
            {{ clean_text('landed.organisation_name') }} as organisation_name,
            {{ clean_text('landed.heading') }} as heading,
            case
                when {{ matches(clean_text('landed.score'), '[0-9]+([.][0-9]+)?') }}
                    then cast({{ clean_text('landed.score') }} as decimal(18, 6))
            end as score,
            landed._source_sha256 as source_sha256,
            landed._source_member as source_member,
            cast(landed._source_row as integer) as source_row
        from {{ source('land', source_id) }} as landed
        inner join {{ ref('months_available') }} as months
            on months.source_id = '{{ source_id }}' and months.source_sha256 = landed._source_sha256
        where {{ condition }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

coded as (
    select
        landed.*,
        case when codes.survey_code is null then landed.survey_code else codes.organisation_code end
            as organisation_code,
        codes.survey_code is not null as is_of_another_code
    from landed
    left join {{ ref('survey_codes') }} as codes
        on codes.survey_code = landed.survey_code and coalesce(codes.survey = year(landed.month), true)
)

select
    coded.source_id,
    coded.quarter,
    coded.month,
    coded.survey_code,
    coalesce(coded.organisation_code, coded.survey_code) as organisation_code,
    coded.organisation_name,
    case
        when
            successions.predecessor_code is null
            and trusts.trust_code is not null
            and (
                not coded.is_of_another_code
                or count(case when not coded.is_of_another_code then 1 end) over (
                    partition by coded.source_sha256, coded.quarter, coded.heading, coded.organisation_code
                ) = 0
            )
            then 'provider'
    end as side,
    case when coded.heading ilike 'PP3_2%' then 'survey_raising_concerns' else 'survey_engagement' end as measure,
    coded.score as numerator,
    10 as denominator,
    coded.source_sha256,
    coded.source_member,
    coded.source_row
from coded
left join {{ ref('reference_trusts') }} as trusts
    on trusts.quarter = coded.quarter and trusts.trust_code = coded.organisation_code
left join {{ ref('successions') }} as successions
    on successions.quarter = coded.quarter and successions.predecessor_code = coded.organisation_code
