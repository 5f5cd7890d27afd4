"""All that Dagster knows of this project, put together. Nothing else belongs here."""

from __future__ import annotations

import os

import dagster as dg

from orchestration.defs import alert_sensors
from orchestration.defs.assets import ASSETS
from orchestration.defs.gates import GATES
from orchestration.defs.progress import progress
from orchestration.defs.resources import Folders, build_alone
from orchestration.defs.schedules import check_job, daily, extracts_folder, fetch_job, quarter_job
from orchestration.workspace.paths import PROJECT

defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=GATES,
    jobs=[quarter_job, check_job, fetch_job, alert_sensors.alert_test],
    schedules=[daily],
    sensors=[extracts_folder, *alert_sensors.sensors(os.environ)],
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
