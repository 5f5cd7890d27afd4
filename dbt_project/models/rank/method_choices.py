from orchestration.statistics import leagues, method_choices


def model(dbt, session):
    found = leagues.asked_for(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return method_choices.method_choices(found)
