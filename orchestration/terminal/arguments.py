"""What commands take: options that several have, and the kinds of words that are checked, and completed by a shell,
before anything is imported or written.

Does not belong here: what a command does with them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from orchestration.errors import LeagueError
from orchestration.quarters import WRITTEN, Quarter, known_quarters, require_known_quarter
from orchestration.releases import shelf
from orchestration.releases.release import Release
from orchestration.sources.fictional import is_fictional
from orchestration.text import visible
from orchestration.workspace.files import paths_below
from orchestration.workspace.paths import PROJECT, Workspace
from orchestration.workspace.seeds import seed_rows

HERE = PROJECT / "data"
ALL = "all"
VERSION = re.compile(r"(.+?)[/ ]v(\d+)")  # of a quarter: 2025-26-Q2/v1


class QuarterName(click.ParamType[str]):
    """A quarter as people write it; as a build has it afterwards."""

    name = "quarter"

    def __init__(self, also: str = "", of_any_year: bool = False) -> None:
        self._also, self._read = also, Quarter.said if of_any_year else require_known_quarter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if self._also and value.lower() == self._also:
            return ALL
        try:
            return self._read(value)
        except LeagueError as error:
            self.fail(visible(str(error)), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        released = shelf.quarters_released(_workspace(ctx))
        return _beginning(released if param.name == "quarter" and released else known_quarters(), incomplete)


class FrameworkName(click.ParamType[str]):
    """A framework that the seeds have."""

    name = "framework"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in (known := seeded_frameworks()):
            self.fail(visible(f"{value} is no framework of the seeds; there is {', '.join(known)}"), param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return _beginning(seeded_frameworks(), incomplete)


def seeded_frameworks() -> list[str]:
    return [row["framework"] for row in seed_rows("frameworks")]


class ExtractsFolder(click.Path):
    """A folder that is there."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        folder = Path(value)
        if not folder.is_dir():
            self.fail(visible(f"{folder} is not a folder: name the one that holds the files, or make it"), param, ctx)
        return folder


class ReleaseName(click.ParamType[Release]):
    """The folder of a release, or its quarter: the last version in the data folder, or `2025-26-Q2/v1`."""

    name = "release"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Release:
        if isinstance(value, Release):
            return value
        try:
            folder, is_path = Path(value), not WRITTEN.fullmatch(value)  # a quarter is one wherever a person stands
            if is_path and folder.is_dir():
                if there := shelf.versions(folder):
                    named = ", ".join(str(folder / f"v{number}") for number in there)
                    raise LeagueError(f"{folder} is no release: name a version of it: {named}")
                return Release.read(folder)
            if is_path and (there := shelf.versions(folder.parent)):
                named = ", ".join(str(folder.parent / f"v{number}") for number in there)
                raise LeagueError(f"{folder} is not there; there is {named}")
            match = VERSION.fullmatch(value)
            try:
                quarter = require_known_quarter(match[1] if match else value)
            except LeagueError as error:
                raise LeagueError(f"{value} is neither the folder of a release nor a quarter: {error}") from None
            return shelf.find(_workspace(ctx), quarter, int(match[2]) if match else None)
        except LeagueError as error:
            self.fail(visible(str(error)), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        workspace = _workspace(ctx)
        quarters = shelf.quarters_released(workspace)
        names = [f"{one}/v{number}" for one in quarters for number in shelf.versions(workspace.releases(one))]
        return _beginning(names, incomplete) or [CompletionItem(incomplete, type="dir")]


class TableName(click.ParamType[str]):
    """A table of a release: completed from its folder, checked by who reads it."""

    name = "table"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        with suppress(LeagueError):
            release = shelf.find(_workspace(ctx), ctx.params.get("quarter"))
            return _beginning(sorted(path.stem for path in release.folder.glob("*.parquet")), incomplete)
        return []


class FromRelease(click.ParamType[str]):
    """A word that the tables of a release have: completed from its CSV, checked by who reads it."""

    name = "text"

    def __init__(self, table: str, column: str, helped_by: str) -> None:
        self._table, self._column, self._helped_by = table, column, helped_by

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found: dict[str, str] = {}
        with suppress(LeagueError, OSError, KeyError):
            release = shelf.find(_workspace(ctx), ctx.params.get("quarter"), ctx.params.get("version"))
            with (release.folder / f"{self._table}.csv").open(encoding="utf-8", newline="") as file:
                found = {row[self._column]: row[self._helped_by] for row in csv.DictReader(file)}
        begun = incomplete.upper() if self._column == "organisation_code" else incomplete
        return [CompletionItem(word, help=found[word]) for word in sorted(found) if word.startswith(begun)]


ORGANISATION = FromRelease("league_table", "organisation_code", "organisation_name")
LEAGUE = FromRelease("league_coverage", "league", "title")
METRIC = FromRelease("metric_league_table", "metric_id", "metric_title")
TABLE = TableName()


def _workspace(ctx: click.Context | None) -> Workspace:
    given = ctx.params.get("data_dir") if ctx else None
    return Workspace(Path(given) if given else HERE)


def _beginning(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]


def refuse_folders(extracts: Path, data_dir: Path) -> None:
    """Raises UsageError where there is nothing to build from, or a build would write among the files that it reads."""
    if not any(path.is_file() for path in paths_below(extracts)):
        raise click.UsageError(f"the folder of extracts {extracts} is empty; league fetch fills it")
    if data_dir.resolve().is_relative_to(extracts.resolve()):
        raise click.UsageError(f"the data folder {data_dir} lies in the folder of extracts: name another --data-dir")


def refuse_folder_of_others(out: Path) -> None:
    """Raises UsageError where a sample would be written among files that are none."""
    etr = out / "ods" / "etr.csv"  # every sample has one
    if out.is_dir() and any(out.iterdir()) and not (etr.is_file() and is_fictional(etr, etr.name)):
        raise click.UsageError(f"{out} holds other files than a sample: name an empty folder with --out")


# Options that several commands have; `is_eager`, because others are looked up in the data folder

data_dir = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=HERE,
    is_eager=True,
    show_default="data/ of the checkout",
    help="Where landed files, warehouses and releases go.",
)
extracts = click.option(
    "--extracts",
    type=ExtractsFolder(),
    required=True,
    help="A folder of published files as they were downloaded, whatever their names.",
)
quarter = click.option("--quarter", type=QuarterName(), help="Such as 2025-26-Q2; the last one released if not given.")
quarters = click.option(
    "--quarter",
    "quarters",
    type=QuarterName(also=ALL),
    multiple=True,
    required=True,
    help="Such as 2025-26-Q2; may be repeated. `all` is every quarter that the folder has a file of.",
)
framework = click.option("--framework", type=FrameworkName(), help="As rescored under this framework: experimental.")
as_json = click.option("--json", "as_json", is_flag=True, help="For programs: all that was found, as JSON.")
yes = click.option("--yes", is_flag=True, help="Ask nothing; needed where no person sits at the terminal.")
release_name = click.argument("release", type=ReleaseName(), metavar="RELEASE")
