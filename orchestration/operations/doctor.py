"""The doctor: whether everything that scheduled operation rests on is in order here, and what to do where it is not.

Belongs here: looking, one area after the other. Does not: how findings are shown (`terminal/doctor.py`), what a run
went wrong by (`alerts.py`), the Dagster instance (`defs/instance.py`)."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from importlib.metadata import metadata
from pathlib import Path

from packaging.specifiers import SpecifierSet

from orchestration.errors import LeagueError, what_to_do
from orchestration.operations import dependencies
from orchestration.operations.runbook import RUNBOOK
from orchestration.quality.waivers import waivers
from orchestration.quarters import WRITTEN, known_quarters, needed, needed_ever
from orchestration.releases import shelf
from orchestration.releases.decisions import WITHDRAWN
from orchestration.releases.release import Release
from orchestration.sources.calendar import LATE, OVERDUE, due_next, expected, latest_due
from orchestration.sources.contents import NOT_KNOWN, NOT_KNOWN_BUT
from orchestration.sources.inventory import Candidate, conflicts, files_that_stop, look_into
from orchestration.sources.lock import IN_FORCE, Lock, read_lock, refuse_a_day_too_early
from orchestration.sources.store import Store
from orchestration.text import first_of
from orchestration.warehouse import project
from orchestration.workspace.files import is_scratch, paths_below, sha256_of_file
from orchestration.workspace.paths import Workspace, unfinished

OK, WARNING, ERROR = "ok", "warning", "error"
# A file of the largest size allowed lies on the disk three times while it is fetched and stored, 1.5 GB; a build of
# 2025-26-Q4 leaves 60 MB (2026-11).
ROOM, AMPLE_ROOM = 2_000_000_000, 10_000_000_000
SOON = timedelta(days=14)  # a waiver renewed in that time stops no build
OLD_EXPORT = timedelta(days=7)  # PyPI has new advisories every day
AGAIN = "download it again, or take it out of the folder"
NAMED = 5  # of many alike; the count is always complete


@dataclass(frozen=True)
class Finding:
    """One thing looked at: its state is ok, warning or error, and what is not ok says what to do."""

    area: str
    state: str
    found: str
    to_do: str = ""


def examine(
    workspace: Workspace,
    extracts: Path | None,
    export: Path | None,
    today: date,
    room: Callable[[Path], int],
    instance: Callable[[], Iterator[Finding]],
) -> Iterator[Finding]:
    """All findings, area by area. `export` is one of OSV, `room` the bytes that are free where a folder is, `instance`
    looks at that of Dagster. What cannot be looked at is an error with its reason, and stops nothing else."""
    areas: dict[str, Callable[[], Iterator[Finding]]] = {
        "environment": environment,
        "advisories": partial(advisories, export, today),
        "folders": partial(folders, workspace, extracts, room),
        "extracts": partial(extracts_folder, workspace, extracts),
        "store": partial(store, workspace),
        "releases": partial(releases, workspace),
        "clock": partial(clock, workspace, today),
        "sources": partial(sources, workspace, today),
        "waivers": partial(waived, today),
        "alerts": alerts,
        "instance": instance,
    }
    for area, look in areas.items():
        try:
            yield from look()
        except LeagueError as reason:
            yield Finding(area, ERROR, str(reason), f"see what the message says, and {RUNBOOK}")
        except OSError as reason:
            yield Finding(area, ERROR, str(reason), what_to_do(str(reason)) or "let this user read it")


def environment() -> Iterator[Finding]:
    python, supported = platform.python_version(), metadata("nhs-league-tables")["Requires-Python"]
    state = OK if python in SpecifierSet(supported) else ERROR
    yield Finding("environment", state, f"Python {python}", "" if state == OK else f"install one that is {supported}")
    if departures := list(dependencies.departures()):
        found = f"libraries that depart from requirements.lock: {first_of(departures, NAMED)}"
        yield Finding("environment", ERROR, found, "make .venv/.ready makes them so")
    else:
        yield Finding("environment", OK, f"{len(dependencies.locked())} libraries as locked")
    if project.compiled(project.project_sha256()):
        yield Finding("environment", OK, "the dbt project is compiled")
    else:
        yield Finding(
            "environment",
            WARNING,
            "the dbt project changed, or was moved, since it was compiled",
            "the next build does it",
        )


def advisories(export: Path | None, today: date) -> Iterator[Finding]:
    if export is None:
        to_do = "give the export of PyPI of osv.dev (PyPI/all.zip) with --advisories"
        yield Finding("advisories", WARNING, "not looked up: none at hand", to_do)
        return
    known, newest = dependencies.known_against(export, today)
    for one in known:
        found = f"{one.library}: {', '.join(one.ids)} {one.summary}".strip()
        if one.accepted:
            yield Finding("advisories", OK, f"{found}; accepted by {one.accepted}")
        else:
            yield Finding(
                "advisories",
                ERROR,
                found,
                "a mended version into the lock, or see orchestration/operations/advisories.yml",
            )
    if not known:
        yield Finding("advisories", OK, f"none of the locked libraries; newest record {newest}")
    if date.fromisoformat(newest) < today - OLD_EXPORT:
        yield Finding("advisories", WARNING, f"the newest record is of {newest}", "fetch a newer export")


def folders(workspace: Workspace, extracts: Path | None, room: Callable[[Path], int]) -> Iterator[Finding]:
    home = os.environ.get("DAGSTER_HOME")
    named = {"data": workspace.data_dir, "extracts": extracts, "DAGSTER_HOME": Path(home) if home else None}
    for name, folder in named.items():
        if folder is None:
            continue
        if name == "data" and not folder.exists() and next(one for one in folder.parents if one.exists()).is_dir():
            yield Finding("folders", OK, f"data {folder}: not there yet, the first build makes it")
            continue
        try:
            with tempfile.TemporaryFile(dir=folder):
                free = room(folder)
        except OSError as reason:
            to_do = what_to_do(str(reason)) or "make the folder, or name the right one"
            yield Finding("folders", ERROR, f"{name} {folder}: {reason.strerror}", to_do)
            continue
        state = ERROR if free < ROOM else WARNING if free < AMPLE_ROOM else OK
        to_do = "" if state == OK else f"make room: {ROOM / 1e9:.0f} GB are needed, {AMPLE_ROOM / 1e9:.0f} GB are ample"
        yield Finding("folders", state, f"{name} {folder}: {free / 1e9:.1f} GB free", to_do)


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def extracts_folder(workspace: Workspace, folder: Path | None) -> Iterator[Finding]:
    """Every file that no build uses or that would stop one, and why."""
    if folder is None or not folder.is_dir():  # then it is among the folders
        return
    found = look_into(folder, workspace)
    for text in found.unreadable:
        yield Finding("extracts", ERROR, text, f"then build again; {RUNBOOK} says more")
    for one in found.set_aside:
        text = f"{one['file_name']}: {one['reason']}"
        reason = str(one["reason"])
        harmless = one["status"] == "duplicate" or reason == NOT_KNOWN or reason.startswith(NOT_KNOWN_BUT)
        yield Finding("extracts", OK, text) if harmless else Finding("extracts", WARNING, text, AGAIN)
    lock = read_lock(workspace)
    stopping = files_that_stop(found, lock)
    some_build_reads = {None, *needed_ever()}
    files: dict[str, list[Candidate]] = {}
    for candidate in found.candidates:
        files.setdefault(candidate.name, []).append(candidate)
    for name, candidates in files.items():
        about = {candidate.subject.quarter for candidate in candidates}
        if problem := candidates[0].problem:
            state = ERROR if name in stopping else WARNING
            yield Finding("extracts", state, problem if name in problem else f"{name}: {problem}", AGAIN)
        elif not about & some_build_reads:
            last = candidates[0].last_period
            yield Finding("extracts", OK, f"{name}: no quarter that can be built needs {last} or what is before")
    for conflict in conflicts(found, lock):
        yield Finding("extracts", ERROR, conflict, "take one of them out of the folder, or pin one in the lock")
    yield Finding("extracts", OK, f"{len(files)} files of publications known here")


def store(workspace: Workspace) -> Iterator[Finding]:
    """Every stored file against its name, every file in force against the store, and what killed processes left."""
    files = [path for path in paths_below(workspace.store) if path.is_file()]
    whole = [path for path in files if not is_scratch(path)]
    changed = [path for path in whole if sha256_of_file(path) != path.name]
    in_force = {one.sha256: one.file_name for one in read_lock(workspace).entries.values() if one.status == IN_FORCE}
    gone = [name for sha256, name in sorted(in_force.items()) if not Store(workspace).path(sha256).exists()]
    if changed:
        to_do = "remove it and build again with the published file, which the lock names by the same sha256"
        yield Finding("store", ERROR, f"changed: {first_of(changed, NAMED)}", to_do)
    if gone:
        to_do = "put it back into the folder of extracts and build its quarter again"
        yield Finding("store", ERROR, f"in force by the lock and not stored: {first_of(gone, NAMED)}", to_do)
    left = [str(path) for path in files if is_scratch(path)]
    in_the_making = [path for kind in ("history", "releases") for path in (workspace.data_dir / kind).glob("*")]
    left += [str(path) for path in sorted(map(unfinished, in_the_making)) if path.exists()]
    if left:
        yield Finding(
            "store", WARNING, f"left by a killed process: {first_of(left, NAMED)}", "nothing: the next build removes it"
        )
    if not changed and not gone:
        size = sum(path.stat().st_size for path in whole)
        yield Finding("store", OK, f"{len(whole)} files as stored, {size / 1e6:.0f} MB; {len(in_force)} in force")


def releases(workspace: Workspace) -> Iterator[Finding]:
    for quarter, folder in shelf.shelves(workspace).items():
        versions = [folder / f"v{number}" for number in range(1, shelf.latest_version(folder) + 1)]
        damage = [f"{one.name}: {text}" for one in versions for text in _damage(one)]
        if damage:
            to_do = "take it from a backup; league verify says what a build gives"
            yield Finding("releases", ERROR, f"{quarter} {first_of(damage, NAMED)}", to_do)
        else:
            last = Release.read(versions[-1])
            found = f"{quarter}: {len(versions)} whole; {versions[-1].name} is {last.standing()}"
            if last.state()[0] == WITHDRAWN:
                yield Finding("releases", WARNING, found, "build the quarter again, or league reinstate")
            else:
                yield Finding("releases", OK, found)
    folders = sorted(path for path in (workspace.data_dir / "releases").glob("*") if path.is_dir())
    if others := [path.name for path in folders if not WRITTEN.fullmatch(path.name)]:
        to_do = "nothing reads it: move a copy out of the data folder"
        yield Finding("releases", WARNING, f"named as no quarter is: {first_of(others, NAMED)}", to_do)


def _damage(release: Path) -> list[str]:
    try:
        found = Release.read(release)
        found.record()
        return list(found.damage())
    except LeagueError as reason:
        return [str(reason)]


def clock(workspace: Workspace, today: date) -> Iterator[Finding]:
    refuse_a_day_too_early(read_lock(workspace), today, workspace)
    yield Finding("clock", OK, f"{today}, not before what the lock says was retrieved")


def sources(workspace: Workspace, today: date) -> Iterator[Finding]:
    """The newest file of each source, and what the calendar has of the quarter due and the one before."""
    lock = read_lock(workspace)
    newest = _newest(lock)
    told = ", ".join(f"{source} {day}" for source, day in newest.items()) or "none"
    yield Finding("sources", OK, f"last retrieved: {told}")
    quarter = latest_due(today)
    arrived = lock.arrived()
    for name in needed(quarter) if quarter else ():
        released = shelf.latest_version(workspace.releases(name))  # without what is missing: it is partial
        publications = expected(name, arrived, today)
        for state, means in ((OVERDUE, WARNING if released else ERROR), (LATE, WARNING)):
            if missing := [str(one) for one in publications if one.state == state]:
                to_do = "league fetch, or the file into the folder of extracts by hand"
                yield Finding("sources", means, f"{name}: {first_of(missing, NAMED, '; ')}", to_do)
    if coming := due_next(arrived, today):
        following = [f"{one.source_id}, {one.name} by {one.due}" for one in coming]
        yield Finding("sources", OK, f"due next: {first_of(following, NAMED, '; ')}")


def _newest(lock: Lock) -> dict[str, str]:
    days: dict[str, str] = {}
    for entry in sorted(lock.entries.values(), key=lambda entry: (entry.source_id, entry.retrieved)):
        days[entry.source_id] = entry.retrieved
    return days


def waived(today: date) -> Iterator[Finding]:
    granted = [waiver for quarter in known_quarters() for waiver in waivers(quarter)]
    for waiver in granted:
        if waiver.expires < today:
            yield Finding("waivers", ERROR, f"{waiver.quarter} {waiver}", "renew it with its owner, or take it out")
        elif waiver.expires < today + SOON:
            yield Finding("waivers", WARNING, f"{waiver.quarter} {waiver}", "renew it with its owner in time")
    yield Finding("waivers", OK, f"{len(granted)} granted")


def alerts() -> Iterator[Finding]:
    """By the environment of the code server, which sends them and alone knows the secrets; else by this one."""
    from orchestration.operations import alerts, processes

    home = os.environ.get("DAGSTER_HOME")
    served = processes.settings(processes.CODE_SERVER, home) if home else None
    if channels := alerts.channels(os.environ if served is None else served):
        yield Finding("alerts", OK, f"go to the log, {', '.join(channels)}")
    elif served is not None:
        yield Finding("alerts", WARNING, "go to the log of the instance alone", f"set a channel ({RUNBOOK})")
    elif home:
        found = "no channel in this environment, and no code server of DAGSTER_HOME runs that we may ask for its own"
        yield Finding("alerts", WARNING, found, f"start the job alert_test, or set a channel ({RUNBOOK})")
    else:
        yield Finding("alerts", OK, "none is set up, and no instance that would send any")
