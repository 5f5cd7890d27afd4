from orchestration.discovery.release import discover


def model(dbt, session):
    return discover(dbt.ref("nof_figures").df()).in_long_form()
