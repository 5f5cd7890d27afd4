from orchestration.statistics import improvement, leagues


def model(dbt, session):
    found = leagues.read(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return improvement.score_changes(found, dbt.ref("metrics_compared").df())
