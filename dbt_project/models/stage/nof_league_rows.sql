with landed as (
    {{ rows_in_use('nof_league') }}
)

select
    landed.quarter,
    landed.league,
    landed._code as trust_code,
    {{ published_number('landed.average_score') }} as average_score,
    cast(round({{ published_number('landed.segment') }}, 0) as integer) as segment,
    case lower({{ clean_text('landed.trust_in_financial_deficit') }}) when 'yes' then 1 when 'no' then 0 end
        as financial_override,
    cast(round({{ published_number('landed.rank') }}, 0) as integer) as league_rank,
    landed._source_sha256 as source_sha256,
    landed._source_member as source_member,
    cast(landed._source_row as integer) as source_row
from landed
