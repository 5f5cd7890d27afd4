from orchestration import second_process
from orchestration.discovery.conventions import Conventions
from orchestration.discovery.release import discover


def model(dbt, session):
    quarters = dbt.ref("quarters_in_scope").df()
    rescored = quarters.loc[quarters["rescored_under"].notna(), "quarter"]
    figures = dbt.ref("nof_figures").df()
    known = dbt.ref("metrics").df()
    names = dict(zip(known["score_id"], known["metric_id"], strict=True))
    published = figures[~figures["quarter"].isin(rescored)]
    return second_process.run(discover, published, Conventions(names=names)).in_long_form()
