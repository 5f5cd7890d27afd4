select
    quarter,
    organisation_code,
    league,
    cast('overall' as varchar) as scope,
    average_score as score
from {{ ref('average_scores') }}
union all
select
    quarter,
    organisation_code,
    league,
    domain as scope,
    domain_score as score
from {{ ref('domain_scores') }}
