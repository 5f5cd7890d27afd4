from orchestration import second_process
from orchestration.statistics import leagues, ranges


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_ranked").df(), dbt.ref("league_ranks").df()
    found = leagues.read(rules[rules["role"] == "previous"], ranks, dbt.ref("ranked_scores").df())
    return second_process.run(ranges.bottom_quarters, found)
