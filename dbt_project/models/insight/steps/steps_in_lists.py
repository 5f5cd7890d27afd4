from orchestration.statistics import bunching


def model(dbt, session):
    return bunching.steep_standards(
        dbt.ref("weeks_waited").df(), dbt.ref("steep_standards").df(), dbt.ref("decision_levels").df()
    )
