"""Releases: the public, immutable bundle of one quarter.

Belongs here: the release gate, writing the published tables, version numbers. Does not: any figure, what describes a
release (`bundle/`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from orchestration import gates, warehouse
from orchestration.bundle.describe import FORMULA, describe
from orchestration.bundle.tables import PublishedTable, published_tables
from orchestration.errors import GateError
from orchestration.gates import Check
from orchestration.releases import latest_version, table_hashes
from orchestration.waivers import waivers
from orchestration.workspace import Build, remove_tree, sha256_of_file

LAND, STAGE_METRIC, SCORE_RANK = "land", "stage_metric", "score_rank"
GX_GATES = (LAND, "metric", "rank")


@dataclass(frozen=True)
class Release:
    """One version of one quarter; `created` is False where the same content was published before."""

    quarter: str
    version: int
    path: Path
    created: bool


def models_of(stage: str) -> list[str]:
    """The relations that one dbt stage writes."""
    return sorted(
        f"{node['schema']}.{node['name']}"
        for node in warehouse.manifest()["nodes"].values()
        if node["resource_type"] in ("model", "seed") and stage in node["tags"]
    )


def read_and_written(stage: str) -> list[str]:
    """The relations that the evidence of a stage is about: its own, and those of the stage before it that it reads."""
    nodes = warehouse.manifest()["nodes"]
    read = {
        f"{nodes[parent]['schema']}.{nodes[parent]['name']}"
        for node in nodes.values()
        if stage in node["tags"]
        for parent in node["depends_on"].get("nodes", [])
        if parent in nodes
    }
    return sorted({*models_of(stage), *read})


def inputs_sha256(build: Build) -> dict[str, str]:
    """Every landed file that dbt reads, by name."""
    return {f"landed {path.stem}": sha256_of_file(path) for path in sorted(build.landed.glob("*.parquet"))}


def evidence_of_all_gates(build: Build) -> list[Check]:
    """The release gate: every check of every gate, re-read from evidence made for exactly the data at hand.

    Raises GateError where a check was never run, was run on other data or with another suite, or is critical and
    failed.
    """
    suites = [suite for gate in GX_GATES for suite in gates.suites(gate)]
    on_suites = [gates.evidence(build, suite.name) for suite in suites]
    on_stages = {stage: gates.evidence(build, f"dbt.{stage}") for stage in (STAGE_METRIC, SCORE_RANK)}
    checks: list[Check] = []
    with warehouse.reading(build) as connection:
        gone = {relation for stage in on_stages for relation in models_of(stage)} - warehouse.relations(connection)
        if gone:
            raise GateError(f"release gate: not in the warehouse: {', '.join(sorted(gone))}")
        for suite, document in zip(suites, on_suites, strict=True):
            if suite.gate == LAND:
                data = {suite.table: sha256_of_file(build.parquet(suite.table))}
            else:
                data = {suite.name: warehouse.table_sha256(connection, suite.name)}
            checks += _trusted(document, data, suite.sha256)
        relations = {relation for stage in on_stages for relation in read_and_written(stage)}
        hashes = {relation: warehouse.table_sha256(connection, relation) for relation in sorted(relations)}
        for stage, document in on_stages.items():
            data = {relation: hashes[relation] for relation in read_and_written(stage)}
            checks += _trusted(document, data | inputs_sha256(build), warehouse.project_sha256())
    expected = {
        f"{suite.name}.{expectation['meta']['id']}"
        for suite in suites
        if not _landed_empty(build, suite)
        for expectation in suite.expectations
    } | {f"dbt.{n['name']}" for n in warehouse.manifest()["nodes"].values() if n["resource_type"] == "test"}
    granted = {f"{waiver.id} of {waiver.check}": waiver.check for waiver in waivers(build.quarter)}
    gone = {f"{check.waiver} of {check.id}" for check in checks if check.waiver} - set(granted)
    if gone:
        raise GateError(f"release gate: no longer in force: waiver {', '.join(sorted(gone))}")
    unknown = sorted(waiver for waiver, check in granted.items() if check not in expected)
    if unknown:
        raise GateError(f"release gate: there is no such check: waiver {', '.join(unknown)}")
    never_run = expected - {check.id for check in checks}
    if never_run:
        raise GateError(f"release gate: never checked in this build: {', '.join(sorted(never_run))}")
    gates.raise_if_shut(checks)
    return sorted(checks, key=lambda check: check.id)


def _landed_empty(build: Build, suite: gates.Suite) -> bool:
    return suite.gate == LAND and pd.read_parquet(build.parquet(suite.table), columns=["_source_row"]).empty


def _trusted(document: dict[str, Any], data: dict[str, str], suite_sha256: str) -> list[Check]:
    if document["suite_sha256"] != suite_sha256:
        raise GateError(f"release gate: {document['name']} was checked with other rules than those in force now")
    changed = sorted(name for name, sha256 in data.items() if document["data"].get(name) != sha256)
    if changed:
        raise GateError(f"release gate: {', '.join(changed)} changed after {document['name']} was checked")
    return gates.checks_of(document)


def publish(build: Build) -> Release:
    """Makes the next version of the quarter's release, or finds that the last one has the same content already.

    It is there, whole and read-only, from one moment to the next. Raises GateError where the release gate is shut; then
    nothing is written.
    """
    checks = evidence_of_all_gates(build)
    releases = build.workspace.releases(build.quarter)
    scratch = build.unfinished
    remove_tree(scratch)
    scratch.mkdir(parents=True)
    try:
        tables = published_tables()
        _write_tables(build, tables, scratch)
        last = latest_version(releases)
        if last and table_hashes(releases / f"v{last}") == table_hashes(scratch):
            return Release(build.quarter, last, releases / f"v{last}", created=False)
        number = last + 1
        describe(build, tables, checks, number, scratch, releases / f"v{last}" if last else None)
        for file in (*scratch.iterdir(), scratch):
            file.chmod(0o444 if file.is_file() else 0o555)
        path = scratch.rename(releases / f"v{number}")
        return Release(build.quarter, number, path, created=True)
    finally:
        remove_tree(scratch)


def _write_tables(build: Build, tables: list[PublishedTable], folder: Path) -> None:
    with warehouse.reading(build) as connection:
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
