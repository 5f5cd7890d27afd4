import pandas as pd

from orchestration.statistics import learning


def model(dbt, session):
    rules, compared = dbt.ref("leagues_ranked").df(), dbt.ref("metrics_compared").df()
    peers = pd.DataFrame(columns=["quarter", "league", "organisation_code", "peer_code"])
    return learning.candidates(rules, dbt.ref("ranked_scores").df(), compared, dbt.ref("decision_levels").df(), peers)
