from orchestration.statistics import funnel


def model(dbt, session):
    return funnel.specialty_funnels(dbt.ref("specialty_counts").df(), dbt.ref("decision_levels").df())
