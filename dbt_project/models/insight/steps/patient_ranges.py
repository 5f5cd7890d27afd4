from orchestration.statistics import ranges


def model(dbt, session):
    return ranges.ranges_of_selections(dbt.ref("patient_scores").filter("counted and not_ranked_reason is null").df())
