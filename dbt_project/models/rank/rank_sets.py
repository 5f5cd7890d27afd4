from orchestration.statistics import leagues, rank_sets


def model(dbt, session):
    found = leagues.asked_for(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return rank_sets.rank_sets(found)
