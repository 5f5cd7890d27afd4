from orchestration import second_process
from orchestration.statistics import leagues, uncertainty


def model(dbt, session):
    leagues_in_statistics, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.asked_for(leagues_in_statistics, ranks, dbt.ref("scores_behind_ranks").df())
    return second_process.run(uncertainty.rank_uncertainty, found, dbt.ref("measured_values").df())
