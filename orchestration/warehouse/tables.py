"""The tables of a build as everybody but dbt sees them: read only.

Belongs here: reading, fingerprints. Does not: making them (`project.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration.errors import LeagueError
from orchestration.workspace.paths import Build

if TYPE_CHECKING:
    import duckdb


Fingerprint = dict[str, str]


@contextmanager
def reading(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection. Raises LeagueError when the warehouse of the build does not exist."""
    import duckdb

    if not build.warehouse.exists():
        raise LeagueError(f"{build.warehouse} does not exist: the quarter has not been built")
    with duckdb.connect(str(build.warehouse), read_only=True) as connection:
        yield connection


def relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """All tables of the warehouse as `<layer>.<table>`."""
    rows = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {relation for (relation,) in rows}


def fingerprint(connection: duckdb.DuckDBPyConnection, relation: str) -> Fingerprint:
    """What tells a table's content apart, by quarter and whatever the order of its rows: their count, and two sums of
    their hashes. Rows without a quarter, and a table without one, have an entry under the empty text.

    The hashes are DuckDB's own: they find a change, not a forger, who could write the evidence too. A sha256 of sorted
    rows took 31 s and 2.7 GB for 60 months of waiting times; sums take a twentieth of the time and no room (2026-11).
    """
    key = "coalesce(cast(quarter as varchar), '')" if "quarter" in connection.table(relation).columns else "''"
    sums = connection.execute(
        f"select {key} as key, count(*), sum(hash(t)), sum(hash(t, 1)) from {relation} as t group by key order by key"
    ).fetchall()
    return {quarter: f"{rows}-{first:x}-{second:x}" for quarter, rows, first, second in sums}
