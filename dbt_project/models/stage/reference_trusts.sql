-- etr before the trust list. A trust that the list no longer names keeps the league it had.
select
    coalesce(etr.trust_code, listed.trust_code) as trust_code,
    coalesce(etr.trust_name, listed.trust_name) as trust_name,
    coalesce(etr.region, listed.region) as region,
    coalesce(etr.icb_code, listed.icb_code) as icb_code,
    case
        when etr.icb_code is not null then 'etr'
        when listed.icb_code is not null then 'trust list, ICB matched by name'
    end as icb_source,
    coalesce(benchmark_groups.league, not_listed.league) as league,
    coalesce(etr.close_date, not_listed.until) as close_date
from {{ ref('etr_trusts') }} as etr
full outer join {{ ref('listed_trusts') }} as listed on listed.trust_code = etr.trust_code
left join {{ ref('benchmark_groups') }} as benchmark_groups
    on benchmark_groups.benchmark_group = listed.benchmark_group
left join {{ ref('trusts_not_listed') }} as not_listed on not_listed.trust_code = etr.trust_code
