"""All that Dagster knows of this project, put together: once for a Dagster instance, which must say where its folders
are, and once for runs in this process, which say it run by run. Nothing else belongs here."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from orchestration.defs import alert_sensors
from orchestration.defs.assets import ASSETS
from orchestration.defs.decide import decide
from orchestration.defs.gates import GATES
from orchestration.defs.progress import progress
from orchestration.defs.public_site import public_site, site_after_decisions, site_job
from orchestration.defs.resources import Folders, gates, landing, locked_build
from orchestration.defs.schedules import (
    build_what_has_come,
    check_job,
    fetch_job,
    fetch_what_is_due,
    quarter_job,
    series_job,
)
from orchestration.errors import LeagueError
from orchestration.text import visible
from orchestration.warehouse.project import DUCKDB, ENGINES

FOLDERS = {"LEAGUE_EXTRACTS": "the folder of published files", "LEAGUE_DATA": "the folder that builds write to"}


def assemble(folders: Folders | dg.PartialResource[Folders]) -> dg.Definitions:
    """Puts everything together around the folders that runs read and write."""
    return dg.Definitions(
        assets=[*ASSETS, public_site],
        asset_checks=GATES,
        jobs=[quarter_job, check_job, series_job, fetch_job, decide, site_job, alert_sensors.alert_test],
        schedules=[fetch_what_is_due],
        sensors=[build_what_has_come, site_after_decisions, *alert_sensors.sensors(os.environ)],
        resources={"folders": folders, "build": locked_build, "landing": landing, "gates": gates},
        executor=dg.in_process_executor,
        loggers={"progress": progress},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Loads the definitions of a Dagster instance. Raises LeagueError where its environment names an engine that is
    none, or does not name its folders: a default would let an instance that was meant for real files build the sample,
    or the other way round."""
    if missing := [name for name in FOLDERS if not os.environ.get(name)]:
        raise LeagueError(
            f"a Dagster instance needs {' and '.join(f'{name}, {FOLDERS[name]}' for name in missing)}, in its"
            " environment; make dev sets both for the sample"
        )
    if (engine := os.environ.get("LEAGUE_ENGINE") or DUCKDB) not in ENGINES:
        raise LeagueError(f"LEAGUE_ENGINE is {visible(engine)}: it is one of {', '.join(ENGINES)}")
    extracts, data = (str(Path(os.environ[name]).absolute()) for name in FOLDERS)  # the second process runs elsewhere
    return assemble(Folders(extracts=extracts, data=data, engine=engine))
