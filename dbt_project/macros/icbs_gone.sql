{# Quarters and leagues in which an ICB of the previous quarter is gone. #}
{% macro icbs_gone() -%}
    select distinct
        quarters.quarter,
        icbs.league
    from {{ ref('quarters_in_scope') }} as quarters
    inner join {{ ref('organisations') }} as icbs
        on icbs.quarter = quarters.previous_quarter and icbs.league in ('icb', 'icb_official')
    left join {{ ref('organisations') }} as still
        on
            still.quarter = quarters.quarter
            and still.league = icbs.league
            and still.organisation_code = icbs.organisation_code
    where still.organisation_code is null
{%- endmacro %}
