from orchestration.statistics import context, leagues


def model(dbt, session):
    ranks = dbt.ref("league_ranks").df()
    levels = dbt.ref("decision_levels").df().set_index("decision")["value"]
    scores = context.scores_of(ranks, dbt.ref("domain_scores").df(), dbt.ref("metric_scores").df())
    models = dbt.ref("context_models").df()
    return context.adjusted_scores(
        dbt.ref("context").df(),
        scores,
        models[models["verdict"] == "passes"],
        leagues.asked_for(dbt.ref("leagues_ranked").df(), ranks, dbt.ref("ranked_scores").df()),
        int(levels["model_organisations_each"]),
    )
