"""All that Dagster knows of this project, put together. Nothing else belongs here."""

from __future__ import annotations

import os

import dagster as dg

from orchestration import watch
from orchestration.assets import ASSETS
from orchestration.checks import GATES
from orchestration.progress import progress
from orchestration.resources import Folders, build_alone
from orchestration.schedules import check_job, daily, extracts_folder, fetch_job, quarter_job
from orchestration.workspace import PROJECT

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=GATES,
    jobs=[quarter_job, check_job, fetch_job, watch.alert_test],
    schedules=[daily],
    sensors=[extracts_folder, *watch.sensors(os.environ)],
    resources={
        "folders": Folders(
            extracts=os.environ.get("LEAGUE_EXTRACTS", str(PROJECT / "data" / "sample")),
            data=os.environ.get("LEAGUE_DATA", str(PROJECT / "data")),
        ),
        "build": build_alone,
    },
    executor=dg.in_process_executor,
    loggers={"progress": progress},
)
