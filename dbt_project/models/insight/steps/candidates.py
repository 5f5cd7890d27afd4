from orchestration.statistics import learning


def model(dbt, session):
    rules, compared = dbt.ref("leagues_ranked").df(), dbt.ref("metrics_compared").df()
    scores, levels, peers = dbt.ref("ranked_scores").df(), dbt.ref("decision_levels").df(), dbt.ref("peers").df()
    return learning.candidates(rules, scores, compared, levels, peers)
