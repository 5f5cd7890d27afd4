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


def table_sha256(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Fingerprint of a table's content, whatever the order of its rows."""
    found = connection.execute(
        f"""
        select sha256(coalesce(string_agg(row, '' order by row), ''))
        from (select md5(cast(to_json(t) as varchar)) as row from {table} as t)
        """
    ).fetchall()
    return str(found[0][0])
