"""The warehouse of one build: dbt writes it, everybody else reads it.

Belongs here: calling dbt in process, reading tables, fingerprints of tables. Does not: SQL rules (`dbt_project/`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import LeagueError, what_to_do
from orchestration.gates import EXAMPLES, NOT_BUILT, NOT_RUN, Check
from orchestration.waivers import waivers
from orchestration.workspace import DBT_PROJECT, STATISTICS, Build, alone, sha256_of_tree

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from dbt.contracts.graph.manifest import Manifest

TARGET = DBT_PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
FINGERPRINT = TARGET / "project.sha256"
REASONS = {
    "unique_key": "A key twice would count twice",
    "not_null": "A value is needed",
    "accepted_values": "The vocabulary is closed",
    "between": "A value outside its range is an error of arithmetic",
}
OPT_OUT = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


def project_sha256() -> str:
    """One hash over all that dbt runs: models, macros, tests, seeds, configuration, and the statistics models call."""
    return sha256_of_tree(DBT_PROJECT, STATISTICS)


def compiled(project: str) -> bool:
    """Whether the manifest is of the project with this hash."""
    return MANIFEST.exists() and FINGERPRINT.exists() and FINGERPRINT.read_text() == project


def ensure_manifest() -> Path:
    """The manifest of the project as it stands; parses and compiles it when a file has changed since. One that is
    current is read by those too who may not write there."""
    project = project_sha256()
    if not compiled(project):
        with alone(TARGET / "compile.lock"):
            if not compiled(project):
                for half_made in (FINGERPRINT, *TARGET.glob("warehouse.duckdb*")):
                    half_made.unlink(missing_ok=True)  # of a compilation that was killed
                _invoke(["compile", "--no-populate-cache"])  # opens a warehouse: Python models compile against one
                FINGERPRINT.write_text(project)
    return MANIFEST


@cache
def manifest() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(ensure_manifest().read_text(encoding="utf-8"))
    return parsed


@cache
def _parsed() -> Manifest:
    """dbt's own copy of the parsed project: reading it takes a tenth of the time that parsing again does."""
    from dbt.contracts.graph.manifest import Manifest

    ensure_manifest()
    return Manifest.from_msgpack((TARGET / "partial_parse.msgpack").read_bytes())


def _invoke(
    arguments: list[str], warehouse: Path = TARGET / "warehouse.duckdb", landed: Path = TARGET, **runner: Any
) -> Any:
    """Runs dbt in this process. Parsing always sees the same two paths, so that the parsed project fits every build."""
    os.environ.update(OPT_OUT | {"LEAGUE_WAREHOUSE": str(warehouse), "LEAGUE_LANDED": str(landed)})
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(TARGET)]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--log-path", str(TARGET)]
    try:
        outcome = dbtRunner(**runner).invoke([*quiet, *arguments, *project])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if outcome.exception is not None:
        raise LeagueError(f"dbt {arguments[0]}: {outcome.exception}") from outcome.exception
    return outcome.result


def dbt_build(build: Build, tag: str) -> list[Any]:
    """Builds and tests every node of a stage; returns dbt's result of each. Raises LeagueError when dbt cannot run."""
    selection = ["--select", f"tag:{tag}", "--indirect-selection", "cautious", "--exclude-resource-type", "unit_test"]
    arguments = ["build", *selection, "--no-write-json"]
    with _waived(_parsed(), build.quarter) as parsed:
        results = list(_invoke(arguments, build.warehouse, build.landed, manifest=parsed).results)
    for result in results:
        if str(result.status) == "error" and what_to_do(result.message):  # says nothing of the data
            raise LeagueError(f"dbt build: {result.message}")
    return results


@contextmanager
def _waived(parsed: Manifest, quarter: str) -> Iterator[Manifest]:
    """The project with the waived tests of a quarter as warnings: dbt stops after a test that fails otherwise."""
    named = {waiver.check for waiver in waivers(quarter)}
    tests: list[Any] = [node for node in parsed.nodes.values() if f"dbt.{node.name}" in named]
    severities = [node.config.severity for node in tests]
    try:
        for node in tests:
            node.config.severity = "WARN"
        yield parsed
    finally:
        for node, severity in zip(tests, severities, strict=True):
            node.config.severity = severity


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


def frame(build: Build, table: str, columns: list[str]) -> pd.DataFrame:
    with reading(build) as connection:
        rows: pd.DataFrame = connection.table(table).select(*columns).df()
        return rows


def table_sha256(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """Fingerprint of a table's content, whatever the order of its rows."""
    found = connection.execute(
        f"""
        select sha256(coalesce(string_agg(row, '' order by row), ''))
        from (select md5(cast(to_json(t) as varchar)) as row from {table} as t)
        """
    ).fetchall()
    return str(found[0][0])


def checks_of_results(build: Build, stage: str, results: list[Any]) -> list[Check]:
    """dbt's data tests as checks, and every node that failed to build as a failed one; failures name their rows."""
    checks = []
    for result in results:
        node, status = result.node, str(result.status)
        is_test = str(node.resource_type) == "test"
        if not is_test and status == "success":
            continue
        found_rows = status in ("fail", "warn")
        checks.append(
            Check(
                id=f"dbt.{node.name}",
                gate=stage,
                table=tested_table(node.unique_id) if is_test else node.name,
                kind=NOT_RUN if status == "skipped" else "dbt test" if is_test else NOT_BUILT,
                severity=_severity(node.unique_id),
                reason=_reason(node),
                passed=status == "pass",
                unexpected=int(result.failures or 0),
                examples=tuple(_failing_rows(build, node))
                if found_rows
                else ()
                if status == "pass"
                else (result.message,),
            )
        )
    return sorted(checks, key=lambda check: check.id)


def _severity(unique_id: str) -> str:
    """What the project says, whatever is waived."""
    return "warning" if manifest()["nodes"][unique_id]["config"].get("severity", "").lower() == "warn" else "critical"


def _reason(node: Any) -> str:
    """What a test says of itself: its description, or the comment that opens its SQL, or what kind of test it is."""
    comment = " ".join(line[2:].strip() for line in node.raw_code.splitlines() if line.startswith("--"))
    column = getattr(node, "column_name", None)
    kind = getattr(getattr(node, "test_metadata", None), "name", "must build")
    return node.description or comment or f"{REASONS.get(kind, kind)}{f': {column}' if column else ''}."


def tested_table(unique_id: str) -> str:
    """The model a data test is about: what it is attached to, or what its meta says."""
    node = manifest()["nodes"][unique_id]
    attached = (node.get("attached_node") or "").split(".")[-1]
    named: str = node["config"].get("meta", {}).get("dagster", {}).get("ref", {}).get("name", "")
    return attached or named


def _failing_rows(build: Build, node: Any) -> Iterator[str]:
    with reading(build) as connection:
        connection.execute(f"set file_search_path = '{build.landed}'")
        rows = connection.execute(f"select * from ({node.compiled_code}) limit {EXAMPLES}")
        names = [column[0] for column in rows.description or ()]
        for row in rows.fetchall():
            yield ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
