from orchestration import second_process
from orchestration.statistics import leagues, ranges


def model(dbt, session):
    leagues_in_statistics, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.read(
        leagues_in_statistics[leagues_in_statistics["role"] == "previous"], ranks, dbt.ref("scores_behind_ranks").df()
    )
    return second_process.run(ranges.bottom_quarters, found)
