from orchestration.statistics import learning


def model(dbt, session):
    leagues_in_statistics, compared = dbt.ref("leagues_in_statistics").df(), dbt.ref("metrics_compared").df()
    scores, levels, peers = dbt.ref("scores_behind_ranks").df(), dbt.ref("decision_levels").df(), dbt.ref("peers").df()
    return learning.candidates(leagues_in_statistics, scores, compared, levels, peers)
