"""When a quarter is built: on the publication calendar, and when the folder of extracts changes."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from orchestration.errors import LeagueError
from orchestration.resources import QUARTERS, Folders
from orchestration.sources import nof
from orchestration.sources.inventory import survey, take_inventory
from orchestration.sources.lock import read_lock
from orchestration.workspace import Workspace

PUBLICATION_LAG = timedelta(days=70)  # observed 71 (Q1), 73 (Q2) and at most 82 days (Q4 2025/26) after quarter end

quarter_job = dg.define_asset_job(
    "quarter",
    selection=dg.AssetSelection.all(),
    partitions_def=QUARTERS,
    description="Everything from published files to the release of one quarter.",
    executor_def=dg.in_process_executor,
)

check_job = dg.define_asset_job(
    "check_quarter",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("publish"),
    partitions_def=QUARTERS,
    description="Every gate of a quarter; nothing is published.",
    executor_def=dg.in_process_executor,
)


def latest_due(today: date) -> str | None:
    """The last quarter whose release NHS England should have published by a day."""
    due = [q for q, row in nof.quarters().items() if date.fromisoformat(row["period_end"]) + PUBLICATION_LAG <= today]
    return max(due, default=None)


@dg.schedule(job=quarter_job, cron_schedule="0 6 25 3,6,9,12 *", execution_timezone="Europe/London")
def quarterly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Two weeks after a release is due at the latest: the quarter that is due then."""
    quarter = latest_due(context.scheduled_execution_time.date())
    if quarter is None:
        return dg.SkipReason("no quarter with a framework is due")
    return dg.RunRequest(run_key=f"due-{quarter}", partition_key=quarter)


@dg.sensor(job=quarter_job, minimum_interval_seconds=300)
def extracts_folder(context: dg.SensorEvaluationContext, folders: Folders) -> dg.SensorResult | dg.SkipReason:
    """A run for every quarter whose files in use are not those of the last run: new, revised, taken away or pinned."""
    folder, workspace = Path(folders.extracts), Workspace(Path(folders.data))
    paths = sorted(path for path in [*folder.rglob("*"), workspace.lock_file] if path.is_file())
    seen = hashlib.sha256(repr([(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]).encode()).hexdigest()
    if seen == context.cursor:
        return dg.SkipReason("nothing in the folder or the lock has changed")
    try:
        found, lock = survey(folder), read_lock(workspace)
    except LeagueError as reason:
        return dg.SkipReason(str(reason))
    requests = []
    for quarter in nof.quarters():
        try:
            inventory = take_inventory(found, quarter, lock)
        except LeagueError as reason:
            context.log.info(f"{quarter}: {reason}")
            continue
        used = sorted(inventory.loc[inventory["status"] == "used", "source_sha256"].unique())
        content = hashlib.sha256("".join(used).encode()).hexdigest()
        requests.append(dg.RunRequest(run_key=f"{quarter}-{content}", partition_key=quarter))
    return dg.SensorResult(run_requests=requests, cursor=seen)
