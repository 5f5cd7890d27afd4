from orchestration.statistics import improvement, leagues


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.read(rules, ranks, dbt.ref("scores_behind_ranks").df())
    return improvement.score_changes(found, dbt.ref("metrics_compared").df())
