from orchestration.statistics import improvement, leagues


def model(dbt, session):
    leagues_in_statistics, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.read(leagues_in_statistics, ranks, dbt.ref("scores_behind_ranks").df())
    return improvement.score_changes(found, dbt.ref("metrics_compared").df())
