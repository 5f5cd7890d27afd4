"""The command line, `league --help`: options, and which code each command runs. It prints tables or JSON.

Belongs here: options, exit codes. Does not: kinds of arguments (`terminal/arguments.py`), what commands print
(`terminal/`), runs and their progress (`defs/by_command.py`). Heavy imports wait until all arguments are known to be
right."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import NoReturn

import click

from orchestration.errors import LeagueError, what_to_do
from orchestration.quarters import SERIES_BEGIN
from orchestration.releases import shelf
from orchestration.releases.decisions import APPROVED, REINSTATED, WITHDRAWN
from orchestration.releases.release import Release
from orchestration.terminal import arguments
from orchestration.terminal.arguments import ALL, ORGANISATION, QuarterName, as_json, data_dir, extracts, release_name
from orchestration.terminal.console import Console, say_json, write_plainly_where_needed
from orchestration.terminal.framework import framework
from orchestration.terminal.interrupt import end_when_interrupted, say_when_stopped
from orchestration.warehouse import spark
from orchestration.warehouse.project import DUCKDB, ENGINES, SPARK
from orchestration.workspace.paths import DBT_PROJECT, PROJECT, SOURCES, SUITES, Workspace

HEAD = 10


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="nhs-league-tables", prog_name="league")
def league() -> None:
    """League tables of NHS trusts from NHS England's published files.

    Start with: league build --extracts FOLDER --quarter 2025-26-Q2
    """
    if missing := [folder for folder in (DBT_PROJECT, SOURCES, SUITES) if not folder.is_dir()]:
        raise LeagueError(f"{missing[0]} is not there: run league from a checkout, for a package has no rules in it")


@league.command()
@extracts
@click.option("--quarter", "quarters", type=QuarterName(), multiple=True, required=True, help="May be repeated.")
@as_json
@data_dir
def fetch(extracts: Path, quarters: tuple[str, ...], as_json: bool, data_dir: Path) -> None:
    """Download what is due of a quarter from its publishers.

    What is in the folder already stays as it is.
    """
    from orchestration.sources.fetch import fetch as fetched
    from orchestration.terminal.fetch import show as show_fetched

    say_when_stopped(lambda: "what had come is in the folder; the same command goes on")
    if not show_fetched(Console(), fetched(extracts, list(quarters), Workspace(data_dir), date.today()), as_json):
        sys.exit(1)


@league.command()
@extracts
@arguments.quarters
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=DUCKDB,
    envvar="LEAGUE_ENGINE",
    show_default=True,
    help="What builds the stage and metric models: docs/scale.md.",
)
@as_json
@data_dir
def build(extracts: Path, quarters: tuple[str, ...], engine: str, as_json: bool, data_dir: Path) -> None:
    """Make the release of each quarter, or find that it is current.

    Several quarters are built in one pass. The exit code is 0 where each has a release that may be used.
    """
    arguments.refuse_folders(extracts, data_dir)
    if engine == SPARK:
        spark.require()
    from orchestration.defs import by_command

    if ALL in quarters:
        from orchestration.sources.inventory import quarters_at_hand, survey

        quarters = tuple(quarters_at_hand(survey(extracts, Workspace(data_dir))))
    if not by_command.build(extracts, sorted({*quarters}), data_dir, HEAD, as_json, engine=engine):
        sys.exit(1)


@league.command()
@extracts
@click.option("--from", "first", type=QuarterName(of_any_year=True), default=SERIES_BEGIN, show_default=True)
@click.option("--to", "last", type=QuarterName(of_any_year=True), help="The last quarter at hand if not given.")
@as_json
@data_dir
def history(extracts: Path, first: str, last: str | None, as_json: bool, data_dir: Path) -> None:
    """Make the release of every quarter, and one series of all months.

    Quarters that have league tables are built in one pass. The series has every month at hand from the first quarter to
    the last, whether or not a framework existed then. The exit code is 0 where each may be used.
    """
    if last and last < first:
        raise click.BadParameter(f"{last} is before {first}", param_hint="'--to'")
    arguments.refuse_folders(extracts, data_dir)
    from orchestration.defs import by_command
    from orchestration.sources.inventory import quarters_with_figures, survey

    there = quarters_with_figures(survey(extracts, Workspace(data_dir)), first, last)
    if not by_command.history(extracts, there, data_dir, as_json):
        sys.exit(1)


@league.command()
@extracts
@click.option(
    "--framework", type=arguments.FrameworkName(), required=True, help="One that the seeds have the rules of."
)
@arguments.quarters
@as_json
@data_dir
def rescore(extracts: Path, framework: str, quarters: tuple[str, ...], as_json: bool, data_dir: Path) -> None:
    """Score quarters under another framework: experimental, never official.

    What each release shows of its own rules counts for nothing. The quarters are scored in one pass, and what comes of
    it lies apart from their releases. The exit code is 0 where each may be used.
    """
    arguments.refuse_folders(extracts, data_dir)
    from orchestration.defs import by_command
    from orchestration.sources.inventory import quarters_at_hand, survey

    there = quarters_at_hand(survey(extracts, Workspace(data_dir)))
    asked = list(map(str, there)) if ALL in quarters else sorted({*quarters})
    if without := [quarter for quarter in asked if quarter not in there]:
        raise LeagueError(f"no file in {extracts} has values of {', '.join(without)}; there is {', '.join(there)}")
    if not by_command.build(extracts, asked, data_dir, HEAD, as_json, framework=framework):
        sys.exit(1)


@league.command()
@extracts
@click.option("--quarter", type=QuarterName(), required=True, help="Such as 2025-26-Q2.")
@click.option("--all", "every", is_flag=True, help="List the checks that passed too.")
@as_json
@data_dir
def check(extracts: Path, quarter: str, every: bool, as_json: bool, data_dir: Path) -> None:
    """Run every gate on a folder of extracts, and publish nothing."""
    arguments.refuse_folders(extracts, data_dir)
    from orchestration.defs import by_command

    if not by_command.check(extracts, quarter, data_dir, every, as_json):
        sys.exit(1)


@league.command()
@click.argument("organisation", required=False, type=ORGANISATION)
@arguments.quarter
@arguments.framework
@click.option("--league", "only", type=arguments.LEAGUE, help="Such as acute, icb or icb_official.")
@click.option("--table", type=arguments.TABLE, help="Another table of the release, such as metric_scores.")
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows at most; 0 for all.")
@as_json
@data_dir
def show(
    organisation: str | None,
    quarter: str | None,
    framework: str | None,
    only: str | None,
    table: str | None,
    rows: int,
    as_json: bool,
    data_dir: Path,
) -> None:
    """Print the league tables of the newest release of a quarter, or another table of it.

    With an ODS code, a part of a name, or a league, only the rows of those.
    """
    release = shelf.find(Workspace(data_dir), quarter, framework=framework)
    release.require_intact()
    if table is not None:
        from orchestration.terminal.tables import show_table, table_for_programs

        if as_json:
            say_json(table_for_programs(release, table, only, organisation))
        else:
            show_table(Console(), release, table, rows, only, organisation)
        return
    from orchestration.terminal.leagues import show_release, tables_of

    if as_json:
        say_json(tables_of(release, only, organisation))
        return
    console = Console()
    console.say(f"{release}: {release.standing()}")
    show_release(console, release, only, rows, organisation)


@league.command()
@as_json
@data_dir
def status(as_json: bool, data_dir: Path) -> None:
    """List quarters, versions, states, last builds, and what is due."""
    from orchestration.operations.status import status as found
    from orchestration.terminal.status import show as show_status

    facts = found(Workspace(data_dir), date.today())
    if as_json:
        say_json(facts)
    else:
        show_status(Console(), facts)


@league.command()
@click.argument("organisation", type=ORGANISATION)
@arguments.quarter
@arguments.framework
@click.option("--version", type=click.IntRange(min=1), help="Of the release of the quarter; the newest if not given.")
@click.option("--metric", "metric_id", type=arguments.METRIC, help="One metric: the rows it is the sum of, read again.")
@as_json
@data_dir
def trace(
    organisation: str,
    quarter: str | None,
    framework: str | None,
    version: int | None,
    metric_id: str | None,
    as_json: bool,
    data_dir: Path,
) -> None:
    """Follow figures to the rows of the files they came from.

    ORGANISATION is an ODS code, a part of a name, or a league.
    """
    workspace = Workspace(data_dir)
    release = shelf.find(workspace, quarter, version, framework)
    shelf.require_one_kind(workspace, release.synthetic)
    from orchestration.audit.trace import trace as traced
    from orchestration.sources.store import Store
    from orchestration.terminal.trace import show as show_trace

    found = traced(release, Store(workspace), organisation, metric_id)
    if as_json:
        say_json(found)
    else:
        show_trace(Console(), found)


@league.command()
@release_name
@click.option(
    "--receipt", type=click.Path(dir_okay=False, path_type=Path), help="A file for what was compared, as JSON."
)
@as_json
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    is_eager=True,
    show_default="the data folder that the release is in",
    help="Where the store with its extracts is.",
)
def verify(release: Release, receipt: Path | None, as_json: bool, data_dir: Path | None) -> None:
    """Build a release again and compare every byte.

    RELEASE is a folder, or a quarter such as 2025-26-Q2 or 2025-26-Q2/v1. The record of decisions is checked too.
    """
    from orchestration.audit import receipt as receipts

    if receipt:
        receipts.refuse_where_not_writable(receipt)
    from orchestration.defs import by_command

    here = data_dir or Path(*release.folder.resolve().parts[:-3])  # <data>/releases/<quarter>/v<n>
    facts = receipts.facts(release, by_command.verify(release, here))
    if receipt:
        receipts.write(receipt, facts)
    if as_json:
        say_json(facts)
    else:
        console = Console()
        for difference in facts["differences"]:
            console.say(difference)
        console.say(f"{release}: {facts['standing']}")
        files = f"{len(facts['files'])} files, {len(facts['extracts'])} extracts"
        console.say(f"{release}: {'different' if facts['differences'] else f'equal, byte for byte ({files})'}")
    if facts["differences"]:
        sys.exit(1)


@league.command()
@click.argument("before", type=arguments.ReleaseName())
@click.argument("after", type=arguments.ReleaseName())
@as_json
@click.option("--rows", type=click.IntRange(min=0), default=HEAD, show_default=True, help="Rows a table; 0 for all.")
@data_dir
def diff(before: Release, after: Release, as_json: bool, rows: int, data_dir: Path) -> None:
    """Say what differs between two releases, and why.

    BEFORE and AFTER are folders, or quarters such as 2025-26-Q2 or 2025-26-Q2/v1.
    """
    shelf.require_same_kind(before, after)
    from orchestration.releases.diff import difference
    from orchestration.terminal.diff import show as show_difference

    found = difference(before, after)
    if as_json:
        say_json(found.as_rows())
    else:
        show_difference(Console(), (before, after), found, rows)


@league.command()
@release_name
@click.option("--by", required=True, help="Who stands behind it.")
@arguments.yes
@as_json
@data_dir
def approve(release: Release, by: str, yes: bool, as_json: bool, data_dir: Path) -> None:
    """Record that a person has approved a release."""
    _decide(release, APPROVED, by, f"{by.strip()} approves", yes, as_json)
    if release.version > 1 and not as_json:
        _name_who_else_reads(release, data_dir, "where they were revised, build that quarter again")


@league.command()
@release_name
@click.option("--reason", required=True, help="Why nobody should use it.")
@arguments.yes
@as_json
@data_dir
def withdraw(release: Release, reason: str, yes: bool, as_json: bool, data_dir: Path) -> None:
    """Mark a release as withdrawn; nothing is deleted."""
    _decide(release, WITHDRAWN, reason, "Withdraw", yes, as_json)
    if not as_json:
        other = shelf.in_force(release.folder.parent)
        Console().say(f"{other or 'no version'} is in force now")
        _name_who_else_reads(release, data_dir, "withdraw it where they are wrong")


@league.command()
@release_name
@click.option("--reason", required=True, help="Why it may be used after all.")
@arguments.yes
@as_json
@data_dir
def reinstate(release: Release, reason: str, yes: bool, as_json: bool, data_dir: Path) -> None:
    """Take a withdrawal back: the release is a candidate again."""
    _decide(release, REINSTATED, reason, "Reinstate", yes, as_json)


@league.command()
@click.option("--extracts", type=arguments.ExtractsFolder(), help="The folder of extracts, if it is to be looked at.")
@click.option(
    "--advisories",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An OSV export of PyPI, to look the locked libraries up in.",
)
@as_json
@data_dir
def doctor(extracts: Path | None, advisories: Path | None, as_json: bool, data_dir: Path) -> None:
    """Look at all that operation rests on, and say what to do."""
    from orchestration.defs import instance
    from orchestration.operations.doctor import examine, free_bytes
    from orchestration.terminal.doctor import show as show_findings

    found = examine(Workspace(data_dir), extracts, advisories, date.today(), free_bytes, instance.examine)
    if not show_findings(Console(), found, as_json):
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
@as_json
def sample(out: Path, seed: int | None, framework_year: str | None, as_json: bool) -> None:
    """Write four quarters of published files of fictional trusts."""
    arguments.refuse_folder_of_others(out)
    from orchestration.sample import write_sample

    asked = {"seed": seed, "framework_year": framework_year}
    write_sample(out, **{name: value for name, value in asked.items() if value is not None})  # type: ignore[arg-type]
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    if as_json:
        say_json({"folder": out, "files": files})
    else:
        click.echo(f"{len(files)} files in {out}")


league.add_command(framework)


@league.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder, or a site.")
@as_json
@data_dir
def site(out: Path, as_json: bool, data_dir: Path) -> None:
    """Make the public site of all approved releases.

    Static pages, which any web server serves under any path. The folder is replaced as a whole.
    """
    from orchestration.site.build import build as build_site

    say_when_stopped(lambda: "the site is as it was")
    left_out: list[str] = []
    pages = build_site(Workspace(data_dir), out, left_out.append)
    if as_json:
        say_json({"site": str(out), "pages": pages, "left_out": left_out})
        return
    console = Console()
    for why in left_out:
        console.say(why)
    console.say(f"{out}: {pages:,} pages; begin at {out / 'index.html'}")


def _name_who_else_reads(release: Release, data_dir: Path, what_to_do: str) -> None:
    for other in shelf.also_read(Workspace(data_dir), release.quarter) if not release.since else ():
        Console().say(f"{other} has months of {release.quarter}, too: {what_to_do}")


def _decide(release: Release, state: str, text: str, what: str, yes: bool, as_json: bool) -> None:
    """Records a decision that a person at a terminal confirms; elsewhere `--yes` does."""

    def confirm() -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise LeagueError("nothing recorded: nobody can be asked here; --yes records it without asking")
        asked = f"{release}\n{release.standing()}\nsha256 {release.package_sha256()[:12]}…\n{what}?"
        if not click.confirm(asked, err=as_json):
            raise LeagueError("nothing recorded")

    say_when_stopped(lambda: "nothing recorded")
    made = shelf.decide(release, state, text, confirm)
    if as_json:
        say_json(asdict(made))
        return
    console = Console()
    console.say(f"{release}: {release.standing()}")
    console.say(f"entry {made.number}, {made.at}, {made.user}, sha256 {made.sha256}")


def main() -> None:
    """Entry point: a refusal is one message and exit code 1."""
    sys.setswitchinterval(0.0005)  # what hands suites to the second process gets its turn, however busy this one is
    gc.set_threshold(200_000, 20, 100)  # a command is short and what it allocates stays: a tenth of its time
    if not sys.warnoptions:  # of libraries to programmers; a user can do nothing about them
        warnings.showwarning = lambda *_: None  # whatever filters a library sets
        os.environ["PYTHONWARNINGS"] = "ignore"  # for the processes that are started
    write_plainly_where_needed()
    try:
        league()
    except LeagueError as error:
        _refuse(str(error))
    except OSError as error:
        if (advice := what_to_do(str(error))) is None:
            raise
        _refuse(f"{error}: {advice}")


def _refuse(said: str) -> NoReturn:
    Console(stderr=True).say(said, style="bold red")
    sys.exit(1)


def command() -> NoReturn:
    """Run as a process of its own, and end it once all have cleaned up. Python would then take apart, object by object,
    what a build imported: that takes a second and is of no use."""
    end_when_interrupted()
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
