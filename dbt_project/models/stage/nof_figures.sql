-- A score stored as 0 stands for a metric that was not submitted (manual 2025/26): it is no score.
with landed as (
    {{ rows_in_use('nof_data') }}
)

select
    landed.quarter,
    landed.league,
    landed._code as trust_code,
    {{ clean_text('landed.trust_name') }} as trust_name,
    {{ clean_text('landed.trust_subtype') }} as trust_subtype,
    {{ clean_text('landed.region') }} as published_region,
    {{ clean_text('landed.metric_id') }} as published_id,
    {{ clean_text('landed.metric_description') }} as description,
    {{ clean_text('landed.domain') }} as domain,
    {{ clean_text('landed.sub_domain') }} as sub_domain,
    {{ clean_text('landed.reporting_date') }} as reporting_date,
    {{ clean_text('landed.units') }} as unit,
    case
        when lower({{ clean_text('landed.units') }}) = 'score' then nullif({{ published_number('landed.value') }}, 0)
        else {{ published_number('landed.value') }}
    end as value,
    {{ clean_text('landed.value') }} = '*' as suppressed,
    cast(round({{ published_number('landed.rank') }}, 0) as integer) as published_rank,
    landed._source_sha256 as source_sha256,
    landed._source_member as source_member,
    cast(landed._source_row as integer) as source_row
from landed
