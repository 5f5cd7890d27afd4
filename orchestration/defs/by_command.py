"""Builds that somebody starts at a terminal: the run with its progress, and what came of it in words or as JSON.

Belongs here: what the commands `build`, `history`, `rescore`, `check` and `verify` share. Does not: their options
(`cli.py`), the run itself (`in_process.py`, which is imported while the progress shows already)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import second_process
from orchestration.errors import LeagueError
from orchestration.quality import suites
from orchestration.quarters import Quarter, known_quarters
from orchestration.releases import shelf
from orchestration.releases.decisions import WITHDRAWN
from orchestration.releases.release import Release
from orchestration.terminal.checks import say_what_warned, show_checks
from orchestration.terminal.console import Console, say_json
from orchestration.terminal.interrupt import prepare_for_libraries, say_when_stopped
from orchestration.terminal.leagues import show_release, show_warnings
from orchestration.warehouse.project import DUCKDB
from orchestration.workspace.paths import Workspace

if TYPE_CHECKING:
    from orchestration.defs.in_process import Outcome


def build(
    extracts: Path,
    quarters: Sequence[str],
    data_dir: Path,
    rows: int,
    as_json: bool,
    engine: str = DUCKDB,
    framework: str | None = None,
) -> bool:
    """Builds quarters, under the rules of a framework where one is named, and says what came of each. True where each
    has a release that may be used."""
    outcomes = _built(extracts, quarters, data_dir, engine, framework)
    if as_json:
        say_json([_facts(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            _say_what_was_made(outcome, rows, f"{outcome.quarter} under {framework}" if framework else "")
    return all(_may_be_used(outcome) for outcome in outcomes)


def history(extracts: Path, quarters: Sequence[Quarter], data_dir: Path, as_json: bool) -> bool:
    """Builds the quarters that have league tables, then the series of all. True where each may be used."""
    of_leagues = [quarter for quarter in quarters if quarter in known_quarters()]
    before = _last_versions(Workspace(data_dir).releases(quarter) for quarter in of_leagues)
    outcomes = _built(extracts, of_leagues, data_dir) if of_leagues else []
    if not as_json:
        for outcome in outcomes:
            _say_what_was_made(outcome, None)
    first, last = quarters[0], quarters[-1]
    what = f"series {first} to {last}"
    with _progress(what, "series", before) as listener:
        from orchestration.defs import in_process

        try:
            series = in_process.run_series(first, last, extracts.absolute(), data_dir.absolute(), listener)
        except LeagueError as error:
            series = in_process.Outcome(last, (str(error),), None, False)
    if as_json:
        say_json({"quarters": [_facts(outcome) for outcome in outcomes], "series": _facts(series)})
    else:
        _say_what_was_made(series, None, what)
    return all(_may_be_used(outcome) for outcome in [*outcomes, series])


def _built(
    extracts: Path, quarters: Sequence[str], data_dir: Path, engine: str = DUCKDB, framework: str | None = None
) -> list[Outcome]:
    build = Workspace(data_dir).build(*quarters, framework=framework)
    here = extracts.absolute(), data_dir.absolute()
    before = _last_versions(map(build.releases, build.quarters))
    with _progress(str(build), "quarter", before, here) as listener:
        from orchestration.defs import in_process

        return in_process.run_quarters("quarter", quarters, *here, listener, engine, framework)


def _may_be_used(outcome: Outcome) -> bool:
    return outcome.release is not None and Release.read(outcome.release).state()[0] != WITHDRAWN


def _say_what_was_made(outcome: Outcome, rows: int | None, what: str = "") -> None:
    """Prints what came of a build, with as many rows of each league; `what` it was if not its quarter."""
    if outcome.release is None:
        say_what_warned(Console(stderr=True), outcome.checks)  # one of them may say why it stopped
        _say_what_stopped(outcome, what or outcome.quarter)
        _say_what_was_set_aside(Console(stderr=True), outcome)
        return
    console, release = Console(), Release.read(outcome.release)
    if rows is not None:
        show_release(console, release, None, rows)
    show_warnings(console, release)
    _say_what_was_set_aside(console, outcome)
    if _may_be_used(outcome):
        console.say(f"{'Made' if outcome.created else 'Current already:'} {release}")
    else:
        said = f"Nothing new: the same content as {release}, which is withdrawn. league reinstate takes that back"
        console.say(said, style="bold red")
    console.say(release.standing())


def check(extracts: Path, quarter: str, data_dir: Path, every: bool, as_json: bool) -> bool:
    """Runs every gate of a quarter and says what the checks found. True where none is shut."""
    here = extracts.absolute(), data_dir.absolute()
    with _progress(quarter, "check_quarter", {}, here) as listener:
        from orchestration.defs import in_process

        outcome = in_process.run_quarter("check_quarter", quarter, *here, listener)
    if as_json:
        say_json({**_facts(outcome), "checks": [asdict(found) | {"result": found.result} for found in outcome.checks]})
    else:
        show_checks(Console(), quarter, outcome.checks, every)
        if outcome.problems:
            _say_what_stopped(outcome, quarter)
    return not outcome.problems


def verify(release: Release, data_dir: Path) -> list[str]:
    """Builds a release again and returns every difference."""
    from orchestration.audit.verify import verify as verified

    job = "series" if release.since else "quarter"
    with _progress(release.folder.name, job, {}) as listener:
        from orchestration.defs.in_process import rebuild

        return verified(release, data_dir, partial(rebuild, listener))


@contextmanager
def _progress(
    what: str, job: str, before: dict[Path, int], folders: tuple[Path, Path] | None = None
) -> Iterator[Callable[[str, str], None]]:
    """A moving line while a job runs, and how long it took. The files of `folders`, of extracts and of data, are looked
    into while libraries are imported."""
    started = time.monotonic()
    errors = Console(stderr=True)
    say_when_stopped(lambda: _published_since(before))
    prepare_for_libraries()
    looked = [second_process.begin(_look_into, *folders)] if folders else []
    second_process.begin(suites.prepare)
    with errors.status(f"{what}: starting", spinner="line") as status:
        from orchestration.defs import in_process

        wait(looked)
        total, done, begun = in_process.steps(job), 0, set[str]()

        def on_event(kind: str, step: str) -> None:
            nonlocal done
            if kind == "STEP_START" and step in begun:  # of the next run: a run a quarter follows a pass that stops
                done = 0
                begun.clear()
            done += kind == "STEP_SUCCESS"
            if kind == "STEP_START":
                begun.add(step)
                status.update(f"{what}: {done} of {total} steps, {step.replace('__', ' ')}")

        yield on_event
    seconds = time.monotonic() - started
    errors.say(f"{what}: {done} of {total} steps in {seconds:.1f} s")


def _look_into(extracts: Path, data_dir: Path) -> None:
    """Remembers what is in the files, for the run that asks for it."""
    from orchestration.sources.inventory import survey

    survey(extracts, Workspace(data_dir))


def _last_versions(of_quarters: Iterable[Path]) -> dict[Path, int]:
    return {releases: shelf.latest_version(releases) for releases in of_quarters}


def _published_since(before: dict[Path, int]) -> str:
    """What a build that is stopped has published all the same: of several quarters some may have been made."""
    now = _last_versions(before)
    made = [f"{releases.name} v{number}" for releases, number in now.items() if number != before[releases]]
    return f"after it published {', '.join(made)}" if made else "nothing published"


def _facts(outcome: Outcome) -> dict[str, Any]:
    release = Release.read(outcome.release) if outcome.release else None
    state, why = release.state() if release else (None, None)
    return {
        "quarter": outcome.quarter,
        "release": str(release) if release else None,
        "version": release.version if release else None,
        "created": outcome.created,
        "state": state,
        "why": why,
        "fictional": release.synthetic if release else None,
        "rescored_under": release.framework if release else None,
        "content_sha256": release.content_sha256() if release else None,
        "warnings": release.warnings if release else [asdict(check) for check in outcome.checks if check.warns],
        "set_aside": outcome.set_aside,
        "problems": outcome.problems,
    }


def _say_what_stopped(outcome: Outcome, what: str) -> None:
    errors = Console(stderr=True)
    errors.say(f"{what}: stopped, nothing published", style="bold red")
    for problem in outcome.problems:
        errors.say(problem)


def _say_what_was_set_aside(console: Console, outcome: Outcome) -> None:
    for line in outcome.set_aside:
        console.say(f"set aside: {line}", style="dim")
