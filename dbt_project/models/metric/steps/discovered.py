from orchestration.discovery.conventions import Conventions
from orchestration.discovery.release import discover


def model(dbt, session):
    known = dbt.ref("metrics").df()
    names = dict(zip(known["score_id"], known["metric_id"], strict=True))
    return discover(dbt.ref("nof_figures").df(), Conventions(names=names)).in_long_form()
