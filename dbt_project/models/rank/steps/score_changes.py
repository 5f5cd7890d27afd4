from orchestration.statistics import improvement, leagues


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_ranked").df(), dbt.ref("league_ranks").df()
    found = leagues.read(rules, ranks, dbt.ref("ranked_scores").df())
    return improvement.score_changes(found, dbt.ref("metrics_compared").df())
