"""Any table of a release on a terminal, with what it is for and what not.

Does not belong here: the league tables as people read them first (`leagues.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.errors import LeagueError
from orchestration.releases.search import search
from orchestration.terminal.console import Console, new_table

if TYPE_CHECKING:
    from orchestration.releases.release import Release, Row

CODE = "code"  # a word in the name of every column that has codes
SEVERAL = 3  # rows, of which what is the same in all stands above the table


def show_table(
    console: Console, release: Release, name: str, rows: int, league: str | None, organisation: str | None
) -> None:
    """Prints a table with at most `rows` rows, 0 for all. Of many organisations only the columns are printed that
    people look at first."""
    described, found = _found(release, name, league, organisation)
    fields = described["schema"]["fields"]
    columns = [field["name"] for field in fields]
    if first := None if organisation else described.get("shown"):
        columns = [column for column in columns if column in first]
    same = [column for column in columns if len(found) >= SEVERAL and len({row[column] for row in found}) == 1]
    console.say(f"{release.marked(name)}: {described['description']}", style="dim")
    if same:
        console.say("In every row: " + ", ".join(f"{column} {_cell(found[0][column])}" for column in same), style="dim")
    shown = found[: rows or len(found)]
    more = f"; {len(fields) - len(columns)} more columns with a code or name" if first else ""
    table = new_table(caption=f"{len(shown)} of {len(found)} rows{more}")
    numbers = {field["name"] for field in fields if field["type"] in ("integer", "number")}
    columns = [column for column in columns if column not in same]
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right" if column in numbers else "left")
    for row in shown:
        table.add_row(*(_cell(row[column]) for column in columns))
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
        "rows": found,
    }


def _found(
    release: Release, name: str, league: str | None, organisation: str | None
) -> tuple[dict[str, Any], list[Row]]:
    """What the descriptor says of a table, and its rows. Raises LeagueError where there are none of these."""
    tables = release.tables
    if name not in tables:
        raise LeagueError(f"{release} has no table {name}; it has {', '.join(sorted(tables))}")
    columns = [field["name"] for field in tables[name]["schema"]["fields"]]
    if league is not None and "league" not in columns:
        raise LeagueError(f"{name} has no leagues: leave --league out")
    found = [row for row in release.rows(name) if league in (None, row.get("league"))]
    if organisation is not None:
        codes = [column for column in columns if CODE in column.split("_")]
        said = {organisation.strip().casefold()}
        if not any(_code(row[column]) in said for row in found for column in codes):
            said = {_code(row["organisation_code"]) for row in search(release, organisation)}
        found = [row for row in found if any(_code(row[column]) in said for column in codes)]
        found.sort(key=lambda row: _code(row.get("organisation_code")) not in said)  # its own rows first
    if not found:
        of = ", ".join(text for text in (league, organisation) if text)
        raise LeagueError(f"{name} of {release} has no rows{' of ' if of else ''}{of}")
    return tables[name], found


def _code(value: Any) -> str:
    return _cell(value).casefold()


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
