"""Any table of a release on a terminal, with what it is for and what not.

Does not belong here: the league tables as people read them first (`leagues.py`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from orchestration.errors import LeagueError
from orchestration.releases.search import listed, search
from orchestration.terminal.console import Console

if TYPE_CHECKING:
    import pandas as pd

    from orchestration.releases.release import Release

CODE = "_code"  # ends the name of every column that has codes
ONE_VALUE = 3  # columns of one value stand above a table of so many rows or more


def show_table(
    console: Console, release: Release, name: str, rows: int, league: str | None, organisation: str | None
) -> None:
    """Prints a table with at most `rows` rows, 0 for all. What is the same in every row stands above it once. Of many
    organisations only the columns are printed that people look at first."""
    described, found = _found(release, name, league, organisation)
    console.say(f"{release.marked(name)}: {described['description']}", style="dim")
    shown = found.head(rows or len(found))
    columns = [str(column) for column in found]
    if first := None if organisation else described.get("shown"):
        left_out = len(columns) - len(first)
        columns = [column for column in columns if column in first]
    same = {column for column in columns if len(found) >= ONE_VALUE and found[column].nunique(dropna=False) == 1}
    if said := [f"{column} {_cell(found[column].iloc[0])}" for column in columns if column in same]:
        console.say("In every row: " + ", ".join(said), style="dim")
    table = Table(
        caption=f"{len(shown)} of {len(found)} rows"
        + (f"; {left_out} more columns with a code or name" if first else ""),
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption_justify="left",
    )
    numbers = {field["name"] for field in described["schema"]["fields"] if field["type"] in ("integer", "number")}
    columns = [column for column in columns if column not in same]
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right" if column in numbers else "left")
    for row in shown[columns].itertuples(index=False):
        table.add_row(*map(_cell, row))
    console.table(table)


def table_for_programs(release: Release, name: str, league: str | None, organisation: str | None) -> dict[str, Any]:
    """The same with every row, as JSON has it."""
    described, found = _found(release, name, league, organisation)
    return {
        "release": str(release),
        "quarter": release.quarter,
        "version": release.version,
        "fictional": release.synthetic,
        "table": name,
        "description": described["description"],
        "rows": json.loads(found.to_json(orient="records", date_format="iso")),
    }


def _found(
    release: Release, name: str, league: str | None, organisation: str | None
) -> tuple[dict[str, Any], pd.DataFrame]:
    """What the descriptor says of a table, and its rows. Raises LeagueError where there are none of these."""
    tables = {
        resource["path"].removesuffix(".csv"): resource
        for resource in release.package["resources"]
        if resource["path"].endswith(".csv") and resource["type"] == "table"
    }
    if name not in tables:
        raise LeagueError(f"{release} has no table {name}; it has {', '.join(sorted(tables))}")
    found = release.table(name)
    if league is not None:
        if "league" not in found:
            raise LeagueError(f"{name} has no leagues: leave --league out")
        found = found[found["league"] == league]
    if organisation is not None:
        codes = [column for column in found.columns.astype(str) if column.endswith(CODE)]
        said = {organisation.strip().upper()}
        if not found[codes].isin(said).any(axis=None):
            said = {row["organisation_code"] for row in search(release, organisation)}
        found = found[found[codes].isin(said).any(axis=1)]
    if found.empty:
        of = listed([text for text in (league, organisation) if text], " of ")
        raise LeagueError(f"{name} of {release} has no rows{of}")
    return tables[name], found


def _cell(value: Any) -> str:
    import pandas as pd

    return "" if pd.isna(value) else str(value)
