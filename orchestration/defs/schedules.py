"""When a quarter is fetched and built: by the publication calendar, and when the folder of extracts changes. Without
anything new, nothing is started."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration.defs.assets import FETCHED
from orchestration.defs.resources import QUARTERS, SINCE, Folders
from orchestration.errors import LeagueError
from orchestration.quarters import SERIES_BEGIN, Quarter, known_quarters, needed
from orchestration.releases.shelf import latest_version
from orchestration.sources.calendar import ARRIVED, AWAITED, LATE, expected, latest_due
from orchestration.sources.inventory import Survey, survey, take_inventory
from orchestration.sources.lock import Lock, read_lock
from orchestration.workspace.files import paths_below
from orchestration.workspace.paths import Workspace

QUIET_SECONDS = 30  # a file that changed less long ago may still be arriving
MONDAY = 0
FROM_THE_START = {"dagster/retry_strategy": "ALL_STEPS"}  # where Dagster starts a run again by itself

OF_A_QUARTER = dg.AssetSelection.all() - dg.AssetSelection.assets(FETCHED) - dg.AssetSelection.groups("series", "site")

quarter_job = dg.define_asset_job(
    "quarter",
    selection=OF_A_QUARTER,
    partitions_def=QUARTERS,
    description="Everything from published files to the release of one quarter.",
    tags=FROM_THE_START,
    executor_def=dg.in_process_executor,
)

series_job = dg.define_asset_job(
    "series",
    selection=dg.AssetSelection.groups("extract", "land", "series") - dg.AssetSelection.assets(FETCHED),
    partitions_def=QUARTERS,
    description="Everything from published files to the series of all months at hand, up to a quarter.",
    tags={SINCE: SERIES_BEGIN, **FROM_THE_START},
    executor_def=dg.in_process_executor,
)

check_job = dg.define_asset_job(
    "check_quarter",
    selection=OF_A_QUARTER - dg.AssetSelection.groups("publish"),
    partitions_def=QUARTERS,
    description="Every gate of a quarter; nothing is published.",
    tags=FROM_THE_START,
    executor_def=dg.in_process_executor,
)

fetch_job = dg.define_asset_job(
    "fetch",
    selection=dg.AssetSelection.assets(FETCHED),
    partitions_def=QUARTERS,
    description="From the pages of the publishers to the folder of extracts, for one quarter.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=fetch_job,
    cron_schedule="0 6 * * *",
    execution_timezone="Europe/London",
    description="Looks for what is due by the publication calendar; on Mondays for revisions too.",
)
def fetch_what_is_due(context: dg.ScheduleEvaluationContext, folders: Folders) -> dg.RunRequest | dg.SkipReason:
    """Looks for what is due: every day from the due day of a publication until it is there or its alert day has passed,
    else on Mondays, when revisions are looked for too."""
    today = context.scheduled_execution_time.date()
    quarter = latest_due(today)
    if quarter is None:
        return dg.SkipReason("nothing is due of any quarter")
    arrived = read_lock(Workspace(Path(folders.data))).arrived()
    publications = [one for q in needed(quarter) for one in expected(q, arrived, today)]
    due = [one for one in publications if one.state == LATE or (one.state == AWAITED and one.due == today)]
    if not due and today.weekday() != MONDAY:
        return dg.SkipReason("nothing is due that is not there or overdue")
    return dg.RunRequest(run_key=f"{quarter}-{today}", partition_key=quarter)


@dg.sensor(
    job=quarter_job,
    minimum_interval_seconds=60,
    description="Builds each quarter that is complete, or whose alert days have passed, and again after a revision.",
)
def build_what_has_come(context: dg.SensorEvaluationContext, folders: Folders) -> dg.SensorResult | dg.SkipReason:
    """A run for every quarter whose files in use are not those of its last run: complete for the first time, or all its
    alert days past; after that new, revised, taken away or pinned ones. Files that cannot be used start a run too: it
    fails, and says why to whom it concerns."""
    folder, workspace, today = Path(folders.extracts), Workspace(Path(folders.data)), date.today()
    before, seen = json.loads(context.cursor or "{}"), None
    try:
        stats = _stats([*paths_below(folder), workspace.lock_file])
        if any(abs(time.time() - stat.st_ctime) < QUIET_SECONDS for stat in stats.values()):
            return dg.SkipReason("a file changed just now: more may come")
        # ctime, for that alone changes where a user is let read a file
        seen = _key([today, [(path, stat.st_size, stat.st_ctime_ns) for path, stat in stats.items()]])
        if seen == before.get("seen"):
            return dg.SkipReason("nothing in the folder or the lock has changed today")
        found, lock = survey(folder, workspace), read_lock(workspace)
    except (LeagueError, OSError) as reason:
        started: dict[str, str] = {latest_due(today) or min(known_quarters()): _key(str(reason))}
    else:
        quarters = {*_ready(context, found, workspace, today), *_stopped(found, lock, today)}
        started = {quarter: _files_in_use(quarter, found, lock) for quarter in sorted(quarters)}
    requests = [dg.RunRequest(partition_key=q) for q, files in started.items() if files != before.get(q)]
    return dg.SensorResult(run_requests=requests, cursor=json.dumps({**before, **started, "seen": seen}))


def _stats(paths: list[Path]) -> dict[str, os.stat_result]:
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):  # a fetch renames what has come
            found[str(path)] = path.lstat()
    return found


def _ready(context: dg.SensorEvaluationContext, found: Survey, workspace: Workspace, today: date) -> Iterator[Quarter]:
    """The quarters that have files, and need not wait for more."""
    arrived = {(candidate.source.id, candidate.subject) for candidate in found.candidates}
    for quarter in known_quarters():
        publications = expected(quarter, arrived, today)
        waited_for = [one for one in publications if one.state in (AWAITED, LATE)]
        if waited_for and not latest_version(workspace.releases(quarter)):
            context.log.info(f"{quarter} waits for {len(waited_for)} files, first {waited_for[0]}")
        elif any(one.state == ARRIVED for one in publications):
            yield quarter


def _stopped(found: Survey, lock: Lock, today: date) -> Iterator[Quarter]:
    """The quarters that a file stops which does not parse. Of one that may be about any, the latest that is due."""
    latest = latest_due(today) or min(known_quarters())
    for quarter in {candidate.subject.quarter or latest for candidate in found.candidates if candidate.problem}:
        if quarter in known_quarters():
            try:
                take_inventory(found, quarter, lock)
            except LeagueError:
                yield Quarter(quarter)


def _files_in_use(quarter: str, found: Survey, lock: Lock) -> str:
    try:
        inventory = take_inventory(found, quarter, lock)
    except LeagueError as reason:
        return _key(str(reason))
    return _key(sorted(inventory.loc[inventory["status"] == "used", "source_sha256"].unique()))


def _key(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()
