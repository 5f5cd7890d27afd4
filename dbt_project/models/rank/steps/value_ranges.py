from orchestration import second_process
from orchestration.statistics import measurement


def model(dbt, session):
    return second_process.run(measurement.value_ranges, dbt.ref("measured_values").df())
