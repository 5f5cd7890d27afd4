"""Publishing a series: every month at hand of every metric that publications make, apart from the quarters.

Belongs here: which files it has, and what describes them. Does not: any figure, the gate before it
(`quality/release_gate.py`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from orchestration.quality.checks import Check
from orchestration.quality.release_gate import evidence_of_all_gates, of_quarter
from orchestration.releases.describe import (
    DICTIONARY,
    README,
    file_resource,
    package,
    table_resource,
    template,
    write_checks,
    write_json,
)
from orchestration.releases.publish import Published, copy_to, next_version, safe_in_a_spreadsheet
from orchestration.releases.published_tables import PublishedTable, published_tables
from orchestration.releases.release import PACKAGE, Release
from orchestration.releases.shelf import require_one_kind
from orchestration.sources.landing import is_fictional_build
from orchestration.warehouse.manifest import SERIES_TABLE
from orchestration.warehouse.tables import reading
from orchestration.workspace.paths import Build

ONLY_IN_PARQUET = "source_rows"  # most of the bytes; people who read CSV follow no row
IN_CSV = "(league is not null or organisation_type = 'england')"  # who is in a league, and England


def publish(build: Build) -> Published:
    """Make the next version of the series, or find that the last one has the same content already. Raises GateError
    where the release gate is shut, and LeagueError where fictional and real files meet."""
    checks = of_quarter(build, build.quarters[-1], evidence_of_all_gates(build))
    synthetic = is_fictional_build(build)
    require_one_kind(build.workspace, synthetic)
    (table,) = (one for one in published_tables() if one.name == SERIES_TABLE)
    with reading(build) as connection:

        def write(folder: Path) -> None:
            _write_tables(table, connection, folder)

        def tell(folder: Path, number: int, before: Release | None) -> None:
            _describe(build, table, checks, number, folder, synthetic, _overview(table, connection))

        return next_version(build.releases(build.quarters[-1]), write, tell)


def _write_tables(table: PublishedTable, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Parquet a publication and financial year, CSV a publication."""
    columns = ", ".join(name for name, _, _ in table.columns)
    safe = ", ".join(safe_in_a_spreadsheet(name, kind) for name, kind, _ in table.columns if name != ONLY_IN_PARQUET)
    year = "year(month - interval 3 month)"
    parts = connection.execute(f"select distinct publication, {year} from {table.relation} order by all").fetchall()
    for publication, first in parts:
        # Rows of their own: how DuckDB encodes a column depends on all rows of its table.
        connection.execute(
            f"create or replace temp table part as select {columns} from {table.relation} "
            f"where publication = $1 and {year} = $2 order by {table.ordered}",
            [publication, first],
        )
        name = f"{publication}-{first}-{(first + 1) % 100:02d}.parquet"
        copy_to(connection, "from part", folder / name, "format parquet")
    for publication in dict.fromkeys(publication for publication, _ in parts):
        shown = f"publication = '{publication}' and {IN_CSV}"
        rows = f"select {safe} from {table.relation} where {shown} order by {table.ordered}"
        copy_to(connection, rows, folder / f"{publication}.csv", "format csv, header")


def _overview(table: PublishedTable, connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """What the README shows of the tables."""
    metrics = connection.execute(
        f"""
        select
            publication, metric_id, metric_title, measure, strftime(min(month), '%Y-%m') as first,
            strftime(max(month), '%Y-%m') as last, count(distinct month) as months,
            count(distinct organisation_code) filter (organisation_code <> 'England') as organisations,
            count(*) as points
        from {table.relation} group by all order by publication, metric_id, measure
        """
    ).df()
    england = connection.execute(
        f"""
        select * replace (strftime(month, '%Y-%m') as month) from {table.relation}
        where organisation_code = 'England'
        qualify row_number() over (partition by metric_id, measure order by month desc) = 1
        order by metric_id, measure
        """
    ).df()
    return {"metrics": metrics.to_dict("records"), "england": england.fillna("").to_dict("records")}


def _describe(
    build: Build,
    table: PublishedTable,
    checks: list[Check],
    number: int,
    folder: Path,
    synthetic: bool,
    overview: dict[str, list[Any]],
) -> None:
    quarter = build.quarters[-1]
    files, _ = write_checks(build, quarter, checks, folder, synthetic)
    shown = replace(table, columns=tuple(column for column in table.columns if column[0] != ONLY_IN_PARQUET))
    resources = [table_resource(shown, folder, path.stem) for path in sorted(folder.glob("*.csv"))]
    resources += [file_resource(path) for path in sorted(folder.iterdir()) if path.suffix != ".csv"]
    found = package(f"series {build.since} to {quarter}", files, number, synthetic, resources)
    failed = [check for check in checks if not check.passed]
    readme = template("series.md.j2").render(package=found, checks=len(checks), failed=failed, **overview)
    (folder / README).write_text(readme, encoding="utf-8")
    (folder / DICTIONARY).write_text(
        template("dictionary.md.j2").render(package=found, tables=[table]), encoding="utf-8"
    )
    resources += [file_resource(folder / README), file_resource(folder / DICTIONARY)]
    write_json(folder / PACKAGE, found)
