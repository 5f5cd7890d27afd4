"""When a quarter is fetched and built: on the publication calendar, and when the folder of extracts changes."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from orchestration.errors import LeagueError
from orchestration.resources import QUARTERS, Folders
from orchestration.sources import nof
from orchestration.sources.fetch import fetch
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


@dg.op
def fetch_what_is_due(context: dg.OpExecutionContext, folders: Folders) -> None:
    """Fails where anything due did not come; what came is in the folder, and the sensor of it starts the build."""
    problems = []
    for one in fetch(Path(folders.extracts), [context.partition_key], Workspace(Path(folders.data)), date.today()):
        context.log.info(f"{one.source_id}, {one.file}: {one.outcome}, {one.bytes} bytes")
        problems += [one.problem] if one.problem else []
    if problems:
        raise dg.Failure("\n".join(problems), allow_retries=False)


@dg.job(name="fetch", partitions_def=QUARTERS, executor_def=dg.in_process_executor)
def fetch_job() -> None:
    """From the pages of the publishers to the folder of extracts, for one quarter."""
    fetch_what_is_due()


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


@dg.schedule(job=fetch_job, cron_schedule="0 5 * * 1", execution_timezone="Europe/London")
def weekly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Files of the quarter that is due, new and revised."""
    quarter = latest_due(context.scheduled_execution_time.date())
    return dg.RunRequest(partition_key=quarter) if quarter else dg.SkipReason("no quarter with a framework is due")


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
