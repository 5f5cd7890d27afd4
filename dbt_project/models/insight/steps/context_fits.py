from orchestration.statistics import context


def model(dbt, session):
    levels = dbt.ref("decision_levels").df().set_index("decision")["value"]
    scores = context.scores_of(
        dbt.ref("league_ranks").df(), dbt.ref("domain_scores").df(), dbt.ref("metric_scores").df()
    )
    return context.context_fits(dbt.ref("context").df(), scores, int(levels["model_organisations_each"]))
