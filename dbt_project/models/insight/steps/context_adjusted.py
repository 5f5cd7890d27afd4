from orchestration.statistics import context, leagues, numbers


def model(dbt, session):
    models = dbt.ref("context_models").df()
    passing = models[models["verdict"] == "passes"]
    if passing.empty:
        return numbers.table([], context.ADJUSTED)
    ranks = dbt.ref("league_ranks").df()
    levels = numbers.levels_of(dbt.ref("decision_levels").df())
    scores = context.scores_of(ranks, dbt.ref("domain_scores").df(), dbt.ref("metric_scores").df())
    return context.adjusted_scores(
        dbt.ref("context").df(),
        scores,
        passing,
        leagues.asked_for(dbt.ref("leagues_in_statistics").df(), ranks, dbt.ref("scores_behind_ranks").df()),
        int(levels["model_organisations_each"]),
    )
