"""The dbt project, run in this process.

Belongs here: parsing it, its fingerprint, building a stage. Does not: what it holds (`manifest.py`), SQL rules
(`dbt_project/`)."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import LeagueError, what_to_do
from orchestration.text import in_sql
from orchestration.workspace.files import alone, sha256_of_tree
from orchestration.workspace.paths import DBT_PROJECT, DISCOVERY, STATISTICS, Build

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

TARGET = DBT_PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
FINGERPRINT = TARGET / "project.sha256"
PARSED = TARGET / "partial_parse.msgpack"
ENGINES = DUCKDB, SPARK = "duckdb", "spark"  # the engines that can build the stage and metric models
OPT_OUT = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


def project_sha256() -> str:
    """One hash over all that dbt runs: models, macros, tests, seeds, configuration, and the Python that models call."""
    return sha256_of_tree(DBT_PROJECT, STATISTICS, DISCOVERY)


def compiled(project: str) -> bool:
    """Whether the manifest is of the project with this hash, at its place: seeds are read from where it was parsed."""
    return MANIFEST.exists() and FINGERPRINT.exists() and FINGERPRINT.read_text() == _at_its_place(project)


def _at_its_place(project: str) -> str:
    return f"{project} {DBT_PROJECT}"


def ensure_manifest() -> Path:
    """The manifest of the project as it stands; parses and compiles it when a file has changed since. One that is
    current can be read by those too who may not write there."""
    project = project_sha256()
    if not compiled(project):
        with alone(TARGET / "compile.lock"):
            if not compiled(project):
                # Left by a compilation that was killed. And what was parsed before: dbt would parse only what changed
                # since, and loses track of files that moved.
                for stale in (FINGERPRINT, PARSED, *TARGET.glob("warehouse.duckdb*")):
                    stale.unlink(missing_ok=True)
                invoke(["compile", "--no-populate-cache"])  # opens a warehouse: Python models compile against one
                FINGERPRINT.write_text(_at_its_place(project))
    return MANIFEST


def _parsed() -> Manifest:
    """dbt's own copy of the parsed project: reading it takes a tenth of the time that parsing again does."""
    from dbt.contracts.graph.manifest import Manifest

    ensure_manifest()
    return Manifest.from_msgpack(PARSED.read_bytes())


@cache
def _compiled() -> Manifest:
    """The parsed project with its models and tests as they were compiled, which is the same for every build."""
    parsed = _parsed()
    nodes: list[Any] = list(parsed.nodes.values())
    written = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]
    for node in nodes:
        if code := written[node.unique_id].get("compiled_code"):
            node.compiled_code, node.compiled, node.extra_ctes_injected = code, True, True
    return parsed


def invoke(
    arguments: list[str],
    warehouse: Path = TARGET / "warehouse.duckdb",
    landed: Path = TARGET,
    target: Path = TARGET,
    **runner: Any,
) -> Any:
    """Runs dbt in this process. Parsing always sees the same two paths, so that the parsed project fits every build.
    What a shell says to dbt (`DBT_TARGET` and the like) is not for it. Raises LeagueError when dbt cannot run."""
    for name in [name for name in os.environ if name.startswith("DBT_")]:
        del os.environ[name]
    os.environ.update(OPT_OUT | {"LEAGUE_WAREHOUSE": str(warehouse), "LEAGUE_LANDED": str(landed)})
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from orchestration.warehouse.shortcuts import take_shortcuts

    take_shortcuts(compiled="manifest" in runner)
    project = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--target-path", str(target)]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--log-path", str(target)]
    try:
        outcome = dbtRunner(**runner).invoke([*quiet, *arguments, *project])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if outcome.exception is not None:
        raise LeagueError(f"dbt {arguments[0]}: {outcome.exception}") from outcome.exception
    return outcome.result


@cache
def prepare() -> None:
    """Load the project and what dbt sets up for its first run, which takes 1.5 s. A build waits for its gate then. What
    stops dbt is said where it runs."""
    with suppress(LeagueError):
        invoke(["list", "--resource-type", "exposure", "--no-write-json"], manifest=_compiled())  # there is none


def build_stage(
    build: Build, selected: str, waived: Collection[str], but: str = "unit_test", made: Path | None = None
) -> list[Any]:
    """Builds and tests the nodes that are selected; returns dbt's result of each. `waived` are the tests that may fail,
    `but` the kinds of nodes that stay out. Models that were `made` elsewhere are taken from their Parquet files, under
    the same contracts and tests. Raises LeagueError when dbt cannot run."""
    selection = ["--select", selected, "--indirect-selection", "cautious"]
    excluded = [part for kind in but.split() for part in ("--exclude-resource-type", kind)]
    arguments = ["build", *selection, *excluded, "--no-write-json", "--use-fast-test-edges"]
    with _waived(_compiled(), waived) as parsed, _taken_from(made, parsed):
        results = list(invoke(arguments, build.warehouse, build.landed, manifest=parsed).results)
    for result in results:
        if str(result.status) == "error" and what_to_do(result.message):  # says nothing of the data
            raise LeagueError(f"dbt build: {result.message}")
    return results


@contextmanager
def _waived(parsed: Manifest, waived: Collection[str]) -> Iterator[Manifest]:
    """The project with the waived tests as warnings: dbt stops after a test that fails otherwise."""
    tests: list[Any] = [node for node in parsed.nodes.values() if node.name in waived]
    severities = [node.config.severity for node in tests]
    try:
        for node in tests:
            node.config.severity = "WARN"
        yield parsed
    finally:
        for node, severity in zip(tests, severities, strict=True):
            node.config.severity = severity


@contextmanager
def _taken_from(made: Path | None, parsed: Manifest) -> Iterator[None]:
    """The project with tables that read what was made of them elsewhere, a folder a layer and in it one a table."""
    nodes: list[Any] = list(parsed.nodes.values()) if made else []
    tables = [node for node in nodes if node.resource_type == "model" and node.config.materialized == "table"]
    written = [(node.language, node.compiled_code) for node in tables]
    try:
        for node in tables:
            node.language = "sql"
            node.compiled_code = f"select * from read_parquet({in_sql(f'{made}/{node.schema}/{node.name}/*.parquet')})"
        yield
    finally:
        for node, (language, code) in zip(tables, written, strict=True):
            node.language, node.compiled_code = language, code
