"""The command line, `league --help`. It runs the code paths of Dagster and prints tables.

Belongs here: options, progress, tables, exit codes. Heavy imports wait until a command needs them."""

from __future__ import annotations

import atexit
import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.errors import LeagueError, what_to_do
from orchestration.quality import validator
from orchestration.terminal.console import Console
from orchestration.terminal.framework import framework
from orchestration.terminal.leagues import show_release, show_warnings
from orchestration.workspace.paths import PROJECT, Workspace

if TYPE_CHECKING:
    from orchestration.defs.in_process import Outcome

HEAD = 10
data_dir = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "data",
    show_default="data/ of the checkout",
    help="Where landed files, warehouses and releases go.",
)
extracts = click.option(
    "--extracts",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="A folder of published files as they were downloaded, whatever their names.",
)
release_folder = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RELEASE"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def league() -> None:
    """League tables of NHS trusts from NHS England's published files."""


@league.command()
@extracts
@click.option("--quarter", "quarters", multiple=True, required=True, help="Such as 2025-26-Q2; may be repeated.")
@data_dir
def fetch(extracts: Path, quarters: tuple[str, ...], data_dir: Path) -> None:
    """Download what is due for a quarter from the pages that publish it; what is there already stays as it is."""
    from orchestration.sources.fetch import fetch as fetched
    from orchestration.terminal.fetch import show as show_fetched

    if not show_fetched(Console(), fetched(extracts, list(quarters), Workspace(data_dir), date.today())):
        sys.exit(1)


@league.command()
@extracts
@click.option(
    "--quarter",
    "quarters",
    multiple=True,
    required=True,
    help="Such as 2025-26-Q2; may be repeated. `all` is every quarter that the folder has a file of.",
)
@data_dir
def build(extracts: Path, quarters: tuple[str, ...], data_dir: Path) -> None:
    """Make the release of each quarter, or find that it is current already. Several are built in one pass."""
    from orchestration.releases.release import Release

    if "all" in quarters:
        from orchestration.sources.inventory import quarters_at_hand, survey

        quarters = tuple(quarters_at_hand(survey(extracts, Workspace(data_dir))))
    with _progress(", ".join(quarters), "quarter") as listener:
        from orchestration.defs import in_process

        outcomes = in_process.run_quarters("quarter", quarters, extracts.absolute(), data_dir.absolute(), listener)
    console = Console()
    for outcome in outcomes:
        if outcome.release is None:
            _say_what_stopped(outcome)
            _say_what_was_set_aside(Console(stderr=True), outcome)
            continue
        release = Release.read(outcome.release)
        show_release(console, release, None, HEAD)
        show_warnings(console, release)
        _say_what_was_set_aside(console, outcome)
        console.print(f"{'Made' if outcome.created else 'Current already:'} {release}", markup=False, soft_wrap=True)
        console.print(f"{release.standing()}", highlight=False)
    if any(outcome.problems for outcome in outcomes):
        sys.exit(1)


@league.command()
@extracts
@click.option("--quarter", required=True, help="Such as 2025-26-Q2.")
@click.option("--all", "every", is_flag=True, help="List the checks that passed too.")
@data_dir
def check(extracts: Path, quarter: str, every: bool, data_dir: Path) -> None:
    """Run every gate on a folder of extracts, publish nothing, and say what the checks found."""
    outcome = _run("check_quarter", quarter, extracts, data_dir)
    from orchestration.quality import evidence

    working = Workspace(data_dir).build(quarter)
    checks = [
        check
        for path in sorted(working.evidence.glob("*.json"))
        for check in evidence.checks_of(evidence.read(working, path.stem))
    ]
    console = Console()
    if every:
        table = Table("check", "severity", "result", box=SIMPLE_HEAD)
        for found in checks:
            table.add_row(found.id, found.severity, "passed" if found.passed else "FAILED")
        console.print(table)
    warned = [found for found in checks if not found.passed and not found.shuts_the_gate]
    for found in warned:
        console.print(f"warning: {found}", markup=False, highlight=False, soft_wrap=True, style="yellow")
    passed = sum(found.passed for found in checks)
    console.print(f"{quarter}: {len(checks)} checks made, {passed} passed, {len(warned)} warned", highlight=False)
    if outcome.problems:
        _say_what_stopped(outcome)
        sys.exit(1)


@league.command()
@click.option("--quarter", help="Such as 2025-26-Q2; the last one with a release if not given.")
@click.option("--league", "only", help="acute, mental_health_community, ambulance, icb or icb_official.")
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows a league; 0 for all.")
@data_dir
def show(quarter: str | None, only: str | None, rows: int, data_dir: Path) -> None:
    """Print the league tables of the newest release of a quarter."""
    from orchestration.releases.shelf import latest_release, quarters_released

    workspace = Workspace(data_dir)
    quarter = quarter or max(quarters_released(workspace), default=None)
    if quarter is None:
        raise LeagueError(f"no release in {data_dir}")
    release = latest_release(workspace.releases(quarter))
    console = Console()
    console.print(f"{release}: {release.standing()}", markup=False, soft_wrap=True)
    show_release(console, release, only, rows)


@league.command()
@click.argument("code")
@click.option("--quarter", required=True, help="Such as 2025-26-Q2.")
@click.option("--version", type=int, help="Which release of the quarter; the newest if not given.")
@click.option("--metric", "metric_id", help="One metric: every row it is the sum of, read again from the store.")
@click.option("--json", "as_json", is_flag=True, help="All that was found, for programs.")
@data_dir
def trace(code: str, quarter: str, version: int | None, metric_id: str | None, as_json: bool, data_dir: Path) -> None:
    """Follow the figures of an organisation (ODS code), or of a league, to the rows of the files they came from."""
    from orchestration.audit.trace import trace as traced
    from orchestration.releases.release import Release
    from orchestration.releases.shelf import latest_release
    from orchestration.sources.store import Store
    from orchestration.terminal.trace import show as show_trace

    workspace = Workspace(data_dir)
    releases = workspace.releases(quarter)
    release = latest_release(releases) if version is None else Release.read(releases / f"v{version}")
    found = traced(release, Store(workspace), code, metric_id)
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str))
    else:
        show_trace(Console(), found)


@league.command()
@release_folder
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    show_default="the data folder that the release is in",
    help="Where the store with its extracts is.",
)
def verify(folder: Path, data_dir: Path | None) -> None:
    """Build a release again from its stored extracts, compare every byte, and say what differs."""
    from orchestration.audit.verify import verify as verified
    from orchestration.releases.release import Release

    release = Release.read(folder)
    here = data_dir or Path(*folder.resolve().parts[:-3])  # <data>/releases/<quarter>/v<n>
    with _progress(folder.name, "quarter") as listener:
        from orchestration.defs.in_process import rebuild

        differences = verified(release, here, partial(rebuild, listener))
    console = Console()
    for difference in differences:
        console.print(difference, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{release}: {release.standing()}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{release}: {'different' if differences else 'equal, byte for byte'}", soft_wrap=True)
    if differences:
        sys.exit(1)


@league.command()
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything that differs, for a program to read.")
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows a table; 0 for all.")
def diff(before: Path, after: Path, as_json: bool, rows: int) -> None:
    """Say what differs between two releases, and why each organisation is placed differently."""
    from orchestration.releases.diff import difference
    from orchestration.releases.release import Release
    from orchestration.terminal.diff import tables

    releases = Release.read(before), Release.read(after)
    found = difference(*releases)
    if as_json:
        click.echo(found.as_json())
        return
    console = Console()
    for release in releases:
        console.print(f"{release}: {release.standing()}", markup=False, highlight=False, soft_wrap=True)
    for table in tables(found, rows):
        console.print(table)


@league.command()
@release_folder
@click.option("--by", required=True, help="Who stands behind it.")
def approve(folder: Path, by: str) -> None:
    """Record that a person has approved a release; it stays as it is, the record lies beside it."""
    from orchestration.releases import shelf
    from orchestration.releases.release import Release

    release = Release.read(folder)
    shelf.approve(release, by)
    Console().print(f"{release}: {release.standing()}", highlight=False, soft_wrap=True)


@league.command()
@release_folder
@click.option("--reason", required=True, help="Why nobody should use it.")
def withdraw(folder: Path, reason: str) -> None:
    """Mark a release as withdrawn; nothing is deleted."""
    from orchestration.releases import shelf
    from orchestration.releases.release import Release

    release = Release.read(folder)
    shelf.withdraw(release, reason)
    Console().print(f"{release}: {release.standing()}", highlight=False, soft_wrap=True)


@league.command()
@click.option(
    "--extracts",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of extracts, if it is to be looked at.",
)
@click.option(
    "--advisories",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An OSV export of PyPI, to look the locked libraries up in.",
)
@data_dir
def doctor(extracts: Path | None, advisories: Path | None, data_dir: Path) -> None:
    """Look at everything that operation rests on, and say what to do where it is not in order."""
    from orchestration.defs import instance
    from orchestration.operations.doctor import examine, free_bytes
    from orchestration.terminal.doctor import show as show_findings

    if not show_findings(
        Console(), examine(Workspace(data_dir), extracts, advisories, date.today(), free_bytes, instance.examine)
    ):
        sys.exit(1)


@league.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=PROJECT / "data" / "sample",
    show_default="data/sample of the checkout",
    help="Where the files go.",
)
@click.option("--seed", type=int, help="Another sample than the usual one.")
@click.option(
    "--framework-year",
    help="Such as 2026-27: oversight releases of that year, by invented rules that a build has to find.",
)
def sample(out: Path, seed: int | None, framework_year: str | None) -> None:
    """Write four quarters of published files of fictional trusts."""
    from orchestration.sample import write_sample

    asked = {"seed": seed, "framework_year": framework_year}
    write_sample(out, **{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]
    files = [path for path in out.rglob("*") if path.is_file()]
    click.echo(f"{len(files)} files in {out}")


league.add_command(framework)


def _run(job: str, quarter: str, extracts: Path, data_dir: Path) -> Outcome:
    with _progress(quarter, job) as listener:
        from orchestration.defs import in_process

        return in_process.run_quarter(job, quarter, extracts.absolute(), data_dir.absolute(), listener)


@contextmanager
def _progress(what: str, job: str) -> Iterator[Callable[[str, str], None]]:
    """A moving line while a job runs, and how long it took."""
    started = time.monotonic()
    errors = Console(stderr=True)
    validator.start()
    with errors.status(f"{what}: starting") as status:
        from orchestration.defs import in_process

        total, done = in_process.steps(job), 0

        def on_event(kind: str, step: str) -> None:
            nonlocal done
            done += kind == "STEP_SUCCESS"
            if kind == "STEP_START":
                status.update(f"{what}: {done} of {total} steps, {step.replace('__', ' ')}")

        yield on_event
    seconds = time.monotonic() - started
    errors.print(f"{what}: {done} of {total} steps in {seconds:.1f} s", highlight=False)


def _say_what_stopped(outcome: Outcome) -> None:
    errors = Console(stderr=True)
    errors.print(f"{outcome.quarter}: stopped, nothing published", highlight=False, style="bold red")
    for problem in outcome.problems:
        errors.print(problem, markup=False, highlight=False, soft_wrap=True)


def _say_what_was_set_aside(console: Console, outcome: Outcome) -> None:
    for line in outcome.set_aside:
        console.print(f"set aside: {line}", markup=False, highlight=False, soft_wrap=True, style="dim")


def main() -> None:
    """Entry point: a refusal is one message and exit code 1."""
    gc.set_threshold(200_000, 20, 100)  # a command is short and what it allocates stays: a tenth of its time
    if not sys.warnoptions:  # of libraries to programmers; a user can do nothing about them
        warnings.showwarning = lambda *_: None  # whatever filters a library sets
        os.environ["PYTHONWARNINGS"] = "ignore"  # for the processes that are started
    try:
        league()
    except LeagueError as error:
        _refuse(str(error))
    except OSError as error:
        if (advice := what_to_do(str(error))) is None:
            raise
        _refuse(f"{error}: {advice}")


def _refuse(said: str) -> NoReturn:
    Console(stderr=True).print(said, markup=False, highlight=False, soft_wrap=True, style="bold red")
    sys.exit(1)


def command() -> NoReturn:
    """Run as a process of its own, and end it once everybody has cleaned up. Python would then take apart, object by
    object, what a build imported: a second, of which nothing comes."""
    try:
        main()
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    command()
