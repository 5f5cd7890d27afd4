from orchestration.statistics import leagues, ranges


def model(dbt, session):
    rules, ranks = dbt.ref("leagues_ranked").df(), dbt.ref("league_ranks").df()
    found = leagues.read(rules[rules["role"] == "previous"], ranks, dbt.ref("ranked_scores").df())
    return ranges.bottom_quarters(found)
