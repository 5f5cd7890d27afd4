"""Publishing: the public, immutable bundle of one quarter.

Belongs here: writing the published tables, version numbers. Does not: any figure, the gate before it
(`quality/release_gate.py`), what describes a release (`describe.py`)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

import duckdb

from orchestration import second_process
from orchestration.quality.checks import Check
from orchestration.quality.release_gate import evidence_of_all_gates, of_quarter
from orchestration.quarters import Quarter
from orchestration.releases.describe import describe
from orchestration.releases.published_tables import CODE, NAME, ORGANISATIONS, PublishedTable, published_tables
from orchestration.releases.release import Release, table_hashes
from orchestration.releases.shelf import latest_version, require_one_kind
from orchestration.releases.spreadsheets import FORMULA
from orchestration.sources.landing import is_fictional_build
from orchestration.text import in_sql
from orchestration.warehouse.tables import reading
from orchestration.workspace.files import remove_tree
from orchestration.workspace.paths import Build, unfinished


class Published(NamedTuple):
    """A release, and whether it was made now: False where the last one has the same content already."""

    release: Release
    created: bool


def publish(build: Build) -> list[Published]:
    """Make the next version of each quarter's release, or find that the last one has the same content already.

    Each is there, whole and read-only, from one moment to the next. Two are made at a time, one of them in the second
    process. Raises GateError where the release gate is shut, and LeagueError where fictional and real files meet. Then
    nothing is written.
    """
    checks = evidence_of_all_gates(build)
    synthetic = is_fictional_build(build)
    require_one_kind(build.workspace, synthetic)
    each = [(build, quarter, of_quarter(build, quarter, checks), synthetic) for quarter in build.quarters]
    made = list[Published]()
    for first in range(0, len(each), 2):
        here, *there = each[first : first + 2]
        begun = [second_process.begin(_publish, *one, alone=True) for one in there]
        try:
            made.append(_publish(*here, alone=bool(begun)))
        finally:  # where this one fails, nobody may still be writing the other
            wait(begun)
        made += [one.result() for one in begun]
    return made


def _publish(build: Build, quarter: Quarter, checks: list[Check], synthetic: bool, alone: bool) -> Published:
    tables = published_tables()

    def write(folder: Path) -> None:
        _write_tables(build, quarter, tables, folder)

    def tell(folder: Path, number: int, before: Release | None) -> None:
        describe(build, quarter, tables, checks, number, folder, before, synthetic, alone)

    return next_version(build.releases(quarter), write, tell)


def next_version(
    releases: Path, write: Callable[[Path], None], tell: Callable[[Path, int, Release | None], None]
) -> Published:
    """Make the next version: `write` its tables, and `tell` what they are where the last one has others."""
    scratch = unfinished(releases)
    remove_tree(scratch)
    scratch.mkdir(parents=True)
    try:
        write(scratch)
        last = latest_version(releases)
        before = Release.read(releases / f"v{last}") if last else None
        if before and before.table_hashes() == table_hashes(scratch):
            return Published(before, False)
        tell(scratch, last + 1, before)
        for file in (*scratch.iterdir(), scratch):
            file.chmod(0o444 if file.is_file() else 0o555)
        return Published(Release.read(scratch.rename(releases / f"v{last + 1}")), True)
    finally:
        remove_tree(scratch)


def _write_tables(build: Build, quarter: Quarter, tables: list[PublishedTable], folder: Path) -> None:
    with reading(build) as connection, ThreadPoolExecutor(max_workers=2) as pool:
        written = [pool.submit(_write_table, connection.cursor(), quarter, table, folder) for table in tables]
        for one in written:
            one.result()


def _write_table(connection: duckdb.DuckDBPyConnection, quarter: Quarter, table: PublishedTable, folder: Path) -> None:
    columns = ", ".join(name for name, _, _ in table.columns)
    safe = ", ".join(safe_in_a_spreadsheet(name, kind) for name, kind, _ in table.columns)
    names = f"(select quarter, {CODE}, {NAME} from {ORGANISATIONS})"
    named = f"left join {names} using (quarter, {CODE})" if table.names_added else ""
    # Rows of their own: how DuckDB encodes a column depends on all rows of its table.
    connection.execute(
        f"create temp table of_quarter as select {columns} from {table.relation} {named} "
        f"where quarter = '{quarter}' order by {table.ordered}"
    )
    copy_to(connection, f"select {safe} from of_quarter", folder / f"{table.name}.csv", "format csv, header")
    about = {table.name: table.description, **{name: told for name, _, told in table.columns}}
    metadata = ", ".join(f"{in_sql(name)}: {in_sql(told)}" for name, told in about.items())
    options = f"format parquet, kv_metadata {{{metadata}}}"
    copy_to(connection, "from of_quarter", folder / f"{table.name}.parquet", options)


def copy_to(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to {in_sql(path)} ({options})")


def safe_in_a_spreadsheet(column: str, kind: str) -> str:
    """A text cell that a spreadsheet would read as a formula starts with an apostrophe instead; numbers stay as they
    are."""
    if kind != "string":
        return column
    return f"case when regexp_matches({column}, '^{FORMULA}') then '''' || {column} else {column} end as {column}"
