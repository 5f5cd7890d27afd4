{{ config(tags=['stage_metric'], severity='warn', meta={'dagster': {'ref': {'name': 'rtt_pathways'}}}) }}
-- A part of an ICB without its parent, or with the same wrong one throughout, leaves its ICB, which is ranked on the
-- rest. The look-up of sub-ICBs says whose it is. That is of April of one year, so those before and after a merger are
-- right, too. A boundary that moves before a seed knows of it makes a right file differ, so this only warns.
with named as (
    {% for source_id, model in {'rtt': ref('rtt_pathways'), 'dm01': ref('dm01_waits')}.items() -%}
        select
            '{{ source_id }}' as source_id,
            month,
            commissioner_code,
            commissioner_name,
            icb_code,
            source_sha256
        from {{ model }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

commissioners as (
    select
        min(source_sha256) as source_sha256,
        source_id,
        month,
        commissioner_code,
        min(commissioner_name) as commissioner_name,
        min(icb_code) as icb_code,
        count(*) as rows_found
    from named
    group by source_id, month, commissioner_code
    having count(distinct coalesce(icb_code, '')) = 1
),

looked_up as (
    select distinct
        {{ clean_text('sub_icb_ods_code') }} as commissioner_code,
        {{ clean_text('icb_ods_code') }} as icb_code
    from {{ source('land', 'ods_sub_icbs') }}
)

select
    commissioners.*,
    looked_up.icb_code as icb_expected
from commissioners
left join looked_up on looked_up.commissioner_code = commissioners.commissioner_code
left join {{ ref('icb_successions') }} as successions
    on
        (successions.predecessor_code = commissioners.icb_code and successions.successor_code = looked_up.icb_code)
        or (successions.successor_code = commissioners.icb_code and successions.predecessor_code = looked_up.icb_code)
where
    case
        when looked_up.icb_code is not null
            then looked_up.icb_code is distinct from commissioners.icb_code and successions.predecessor_code is null
        else
            commissioners.icb_code is null
            and {{ has('upper(commissioners.commissioner_name)', '[(]SUB ICB LOCATION[)]$| ICB - [A-Z0-9]+$') }}
    end
