from orchestration import second_process
from orchestration.statistics import ranges


def model(dbt, session):
    scores = dbt.ref("metric_scores").filter("counted").df()
    covered = dbt.ref("organisations_covered").filter("covered").df()
    quarters = dbt.ref("quarters_in_scope").filter("role = 'asked for'").df()
    asked_for = covered[covered["quarter"].isin(quarters["quarter"])]
    groups = dbt.ref("metrics_in_force").select("quarter", "league", "metric_id", "metric_group").df()
    scores = scores.merge(groups, on=["quarter", "league", "metric_id"])
    key = ["quarter", "league", "organisation_code", "scope"]
    selected = scores.assign(scope=scores["domain"]).merge(asked_for[key], on=key)
    return second_process.run(ranges.ranges_of_selections, selected)
