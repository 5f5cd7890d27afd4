from orchestration.statistics import leagues, robustness


def model(dbt, session):
    leagues_in_statistics, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.asked_for(leagues_in_statistics, ranks, dbt.ref("scores_behind_ranks").df())
    return robustness.ranks_left_out(found)
