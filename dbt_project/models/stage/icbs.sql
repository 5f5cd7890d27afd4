-- The ICB list has names that the trust list still uses; the sub-ICB lookup adds codes and regions of the 2026 set.
with listed as (
    select *
    from {{ ref('icb_lists') }}
    where source_id = 'ods_icbs'
),

looked_up as (
    select *
    from {{ ref('icb_lists') }}
    where source_id = 'ods_sub_icbs'
)

select
    coalesce(listed.icb_code, looked_up.icb_code) as icb_code,
    coalesce(listed.icb_name, looked_up.icb_name) as icb_name,
    coalesce(looked_up.region, listed.region) as region
from listed
full outer join looked_up on looked_up.icb_code = listed.icb_code
