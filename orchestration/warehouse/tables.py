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
    """The sha256 of a table's content by quarter, whatever the order of its rows. A table that has no quarter has one,
    under the empty text."""
    key = "cast(quarter as varchar)" if "quarter" in connection.table(relation).columns else "''"
    found = connection.execute(
        f"""
        select quarter, sha256(string_agg(row, '' order by row))
        from (select {key} as quarter, md5(cast(to_json(t) as varchar)) as row from {relation} as t)
        group by quarter
        order by quarter
        """
    ).fetchall()
    return dict(found)
