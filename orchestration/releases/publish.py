"""Publishing: the public, immutable bundle of one quarter.

Belongs here: writing the published tables, version numbers. Does not: any figure, the gate before it
(`quality/release_gate.py`), what describes a release (`describe.py`)."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.quality.release_gate import evidence_of_all_gates
from orchestration.releases.describe import FORMULA, describe
from orchestration.releases.published_tables import PublishedTable, published_tables
from orchestration.releases.release import Release, table_hashes
from orchestration.releases.shelf import latest_version, require_one_kind
from orchestration.sources.landing import is_fictional_build
from orchestration.warehouse.tables import reading
from orchestration.workspace.files import remove_tree
from orchestration.workspace.paths import Build


def publish(build: Build) -> tuple[Release, bool]:
    """Makes the next version of the quarter's release, or finds that the last one has the same content already. Returns
    the release and whether it was made now.

    It is there, whole and read-only, from one moment to the next. Raises GateError where the release gate is shut, and
    LeagueError where fictional and real files meet; then nothing is written.
    """
    checks = evidence_of_all_gates(build)
    releases = build.workspace.releases(build.quarter)
    synthetic = is_fictional_build(build)
    require_one_kind(build.workspace, synthetic)
    scratch = build.unfinished
    remove_tree(scratch)
    scratch.mkdir(parents=True)
    try:
        tables = published_tables()
        _write_tables(build, tables, scratch)
        last = latest_version(releases)
        before = Release.read(releases / f"v{last}") if last else None
        if before and before.table_hashes() == table_hashes(scratch):
            return before, False
        number = last + 1
        describe(build, tables, checks, number, scratch, before, synthetic)
        for file in (*scratch.iterdir(), scratch):
            file.chmod(0o444 if file.is_file() else 0o555)
        return Release.read(scratch.rename(releases / f"v{number}")), True
    finally:
        remove_tree(scratch)


def _write_tables(build: Build, tables: list[PublishedTable], folder: Path) -> None:
    with reading(build) as connection:
        for table in tables:
            order = ", ".join(f"{column} nulls last" for column in table.order)
            rows = f"from {table.relation} where quarter = '{build.quarter}' order by {order}"
            columns = ", ".join(name for name, _, _ in table.columns)
            safe = ", ".join(_safe_in_a_spreadsheet(name, kind) for name, kind, _ in table.columns)
            _copy(connection, f"select {safe} {rows}", folder / f"{table.name}.csv", "format csv, header")
            _copy(connection, f"select {columns} {rows}", folder / f"{table.name}.parquet", "format parquet")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to '{str(path).replace(chr(39), chr(39) * 2)}' ({options})")


def _safe_in_a_spreadsheet(column: str, kind: str) -> str:
    """A text cell that a spreadsheet would read as a formula starts with an apostrophe instead; numbers stay as they
    are."""
    if kind != "varchar":
        return column
    return f"case when regexp_matches({column}, '^{FORMULA}') then '''' || {column} else {column} end as {column}"
