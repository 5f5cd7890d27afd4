from orchestration.statistics import series


def model(dbt, session):
    return series.control_limits(dbt.ref("monthly_values").select(*series.KEY, "value").df())
