from orchestration.statistics import leagues, robustness


def model(dbt, session):
    found = leagues.asked_for(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return robustness.metric_agreement(found)
