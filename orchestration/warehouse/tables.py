"""The tables of a build as everybody but dbt sees them: read only.

Belongs here: reading, fingerprints. Does not: making them (`project.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.text import in_sql
from orchestration.warehouse import manifest
from orchestration.workspace.paths import Build

if TYPE_CHECKING:
    import duckdb


Fingerprint = dict[str, str]
TOGETHER = 50  # tables in one statement, which takes less than half the time of fifty (2026-11)


@contextmanager
def reading(build: Build) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection. Raises LeagueError when the warehouse of the build does not exist."""
    import duckdb

    if not build.warehouse.exists():
        raise LeagueError(f"{build.warehouse} does not exist: the quarter has not been built")
    with duckdb.connect(str(build.warehouse), read_only=True) as connection:
        yield connection


@contextmanager
def as_built_alone(build: Build, quarter: Quarter) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that shows of a pass what a build of one of its quarters alone has: its inventory, and of each table
    that a model made the rows of the quarters that it reads."""
    import duckdb

    read = ", ".join(f"'{each}'" for each in build.reads(quarter))
    asked_for = {one.relation for one in manifest.models() if one.published and one.published.asked_for}
    seeds = {one.relation for one in manifest.seeds()}
    with duckdb.connect() as connection, TemporaryDirectory() as folder:
        _link_landed(build, quarter, Path(folder))
        connection.execute(f"set file_search_path = {in_sql(folder)}; attach ':memory:' as {build.warehouse.stem}")
        connection.execute("attach $path as pass (read_only)", {"path": str(build.warehouse)})
        connection.execute(f"use {build.warehouse.stem}")
        every = "select schema_name, table_name, list(column_name) from duckdb_columns() where database_name = 'pass'"
        for schema, table, columns in connection.execute(f"{every} group by all").fetchall():
            relation, shown, rows = f"{schema}.{table}", "*", "true"
            if relation not in seeds and "quarter" in columns:
                rows = f"quarter in ({read})" if relation not in asked_for else f"quarter = '{quarter}'"
                if "role" in columns:
                    shown = f"* replace (case quarter when '{quarter}' then role else 'previous' end as role)"
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create view {relation} as select {shown} from pass.{relation} where {rows}")
        yield connection


def _link_landed(build: Build, quarter: Quarter, folder: Path) -> None:
    """The landed tables of a pass, with the inventory of one quarter."""
    import pyarrow.parquet as pq

    for path in build.landed.iterdir():
        if path.stem not in ("files", "build"):
            (folder / path.name).symlink_to(path.absolute())
    (folder / "files.parquet").symlink_to(build.inventory(quarter).absolute())
    pq.write_table(pq.read_table(build.parquet("build"), filters=[("quarter", "=", quarter)]), folder / "build.parquet")


def relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """All tables of the warehouse as `<layer>.<table>`."""
    rows = connection.execute("select table_schema || '.' || table_name from information_schema.tables").fetchall()
    return {relation for (relation,) in rows}


def fingerprints(connection: duckdb.DuckDBPyConnection, some: Iterable[str]) -> dict[str, Fingerprint]:
    """What tells the content of tables apart, each by quarter and whatever the order of its rows: their count, and two
    sums of their hashes. Rows without a quarter, and a table without one, have an entry under the empty text.

    The hashes are DuckDB's own: they find a change, not a forger, who could write the evidence too. A sha256 of sorted
    rows took 31 s and 2.7 GB for 60 months of waiting times; sums take a twentieth of the time and no room (2026-11).
    """
    query = "select schema_name || '.' || table_name from duckdb_columns() where column_name = 'quarter'"
    by_quarter = {relation for (relation,) in connection.execute(query).fetchall()}
    found: dict[str, Fingerprint] = {relation: {} for relation in some}
    relations = [*found]
    for first in range(0, len(relations), TOGETHER):
        sums = []
        for relation in relations[first : first + TOGETHER]:
            key = "coalesce(cast(quarter as varchar), '')" if relation in by_quarter else "''"
            counted = f"'{relation}', {key} as key, count(*), sum(hash(t)), sum(hash(t, 1))"
            sums.append(f"select {counted} from {relation} as t group by key")
        statement = " union all ".join(sums) + " order by 1, 2"
        for relation, quarter, rows, one, other in connection.execute(statement).fetchall():
            found[relation][quarter] = f"{rows}-{one:x}-{other:x}"
    return found
