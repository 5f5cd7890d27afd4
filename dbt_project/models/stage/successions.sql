-- The trust list writes several predecessors as one text: `QHG;QUE`.
select
    {{ clean_text('ods_code') }} as successor_code,
    trim(unnest(string_split(predecessor_codes, ';'))) as predecessor_code,
    cast(merger_date as date) as merger_date
from {{ source('land', 'ods_trusts') }}
where predecessor_codes <> ''
