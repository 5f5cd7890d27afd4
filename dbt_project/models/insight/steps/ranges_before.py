from orchestration import second_process
from orchestration.statistics import leagues, ranges


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_in_statistics").df(), dbt.ref("league_ranks").df()
    found = leagues.read(rules[rules["role"] == "previous"], ranks, dbt.ref("scores_behind_ranks").df())
    return second_process.run(ranges.bottom_quarters, found)
