from orchestration.statistics import leagues, ranges


def model(dbt, session):
    found = leagues.asked_for(dbt.ref("leagues_ranked").df(), dbt.ref("placings").df(), dbt.ref("ranked_scores").df())
    return ranges.likely_ranges(found)
