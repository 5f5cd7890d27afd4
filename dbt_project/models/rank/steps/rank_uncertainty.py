from orchestration import second_process
from orchestration.statistics import leagues, uncertainty


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_ranked").df(), dbt.ref("league_ranks").df()
    found = leagues.asked_for(rules, ranks, dbt.ref("ranked_scores").df())
    return second_process.run(uncertainty.rank_uncertainty, found, dbt.ref("measured_values").df())
