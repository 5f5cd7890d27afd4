from orchestration.statistics import series


def model(dbt, session):
    return series.limits_of_denominators(dbt.ref("denominators").filter("denominator is not null").df())
