"""What a data folder has: quarters, versions and their states, the last build of each, series and rescores, and what is
due.

Does not belong here: whether all of it is in order (`doctor.py`), how it is shown (`terminal/status.py`)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from orchestration.errors import LeagueError
from orchestration.quarters import known_quarters, needed
from orchestration.releases import shelf
from orchestration.releases.release import PACKAGE, Release
from orchestration.sources.calendar import LATE, OVERDUE, Expected, due_next, expected, latest_due
from orchestration.sources.lock import read_lock
from orchestration.workspace.files import is_held
from orchestration.workspace.paths import Workspace

Facts = dict[str, Any]


def status(workspace: Workspace, today: date) -> Facts:
    """All facts, for a program as well. Days are those of `today`, times UTC."""
    built = {quarter for quarter in known_quarters() if workspace.builds_of(quarter)}
    quarters = sorted({*shelf.quarters_released(workspace), *built})
    arrived = read_lock(workspace).arrived()
    due = latest_due(today)
    late = [one for name in (needed(due) if due else ()) for one in expected(name, arrived, today)]
    return {
        "data_dir": str(workspace.data_dir),
        "quarters": [_quarter(workspace, quarter) for quarter in quarters],
        "history": [
            {"name": name, "versions": _versions(releases)}
            for name, releases in shelf.shelves(workspace).items()
            if name not in quarters
        ],
        "late": [_publication(one) for one in late if one.state in (LATE, OVERDUE)],
        "due_next": [_publication(one) for one in due_next(arrived, today)],
    }


def _quarter(workspace: Workspace, quarter: str) -> Facts:
    builds = workspace.builds_of(quarter)
    whole = _newest(build.whole for build in builds)
    left = max(builds, key=lambda build: _time(build.unfinished) or "", default=None)
    stopped, building = _time(left.unfinished) if left else None, None
    if left and stopped and is_held(workspace.lock(quarter)):
        building, stopped = _time(left.inventory(quarter)) or stopped, None  # the folder changes with each step
    if stopped and whole and stopped < whole:
        stopped = None  # a pass, after which its quarters were built alone
    return {
        "quarter": quarter,
        "versions": _versions(workspace.releases(quarter)),
        "last_build": whole,
        "building_since": building,
        "stopped_since": stopped,
    }


def _newest(paths: Iterable[Path]) -> str | None:
    return max(filter(None, map(_time, paths)), default=None)


def _versions(releases: Path) -> list[Facts]:
    return [_version(releases / f"v{number}") for number in shelf.versions(releases)]


def _version(folder: Path) -> Facts:
    try:
        release = Release.read(folder)
        state, why = release.state()
        fictional = release.synthetic
    except LeagueError as reason:
        state, why, fictional = "damaged", str(reason), None
    return {
        "version": int(folder.name[1:]),
        "state": state,
        "why": why,
        "fictional": fictional,
        "made": _time(folder / PACKAGE),
    }


def _time(path: Path) -> str | None:
    if not path.exists():
        return None
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")


def _publication(one: Expected) -> Facts:
    return {
        "source": one.source_id,
        "quarter": one.subject.quarter,
        "publication": one.name,
        "due": one.due.isoformat(),
        "state": one.state,
    }
