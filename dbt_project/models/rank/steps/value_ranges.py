from orchestration.statistics import measurement


def model(dbt, session):
    return measurement.value_ranges(dbt.ref("measured_values").df())
