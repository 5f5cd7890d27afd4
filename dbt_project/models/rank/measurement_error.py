from orchestration.statistics import leagues, measurement


def model(dbt, session):
    found = leagues.asked_for(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return measurement.measurement_error(found, dbt.ref("measured_values").df())
