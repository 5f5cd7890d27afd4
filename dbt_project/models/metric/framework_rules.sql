-- What each rule is, as the release itself shows it, and how many of its figures speak for it.
with findings as (
    {{ found('findings', {
        'subject': 'varchar',
        'rule': 'varchar',
        'found': 'varchar',
        'low': 'decimal(18, 6)',
        'high': 'decimal(18, 6)',
        'cells_explained': 'integer',
        'cells_unexplained': 'integer',
        'alternatives': 'varchar',
        'leave_one_out_agrees': 'integer',
        'leave_one_out_of': 'integer',
    }) }}
)

select
    quarter,
    league,
    subject,
    rule,
    found,
    low,
    high,
    cells_explained,
    cells_unexplained,
    nullif(alternatives, '') as alternatives,
    leave_one_out_agrees,
    leave_one_out_of,
    cast('release' as varchar) as origin,
    cast('discovered' as varchar) as label
from findings
