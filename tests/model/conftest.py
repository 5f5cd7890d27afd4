"""dbt in process for the tests: the project as builds have parsed it, its own warehouse and target folder. No
expectations of any model here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from orchestration.sources.descriptions import NOF_COLUMNS, known_sources
from orchestration.sources.inventory import COLUMNS
from orchestration.warehouse import project
from orchestration.workspace.paths import DBT_PROJECT

LANDED = {source.id: [column.name for column in source.columns] for source in known_sources().values()}
EXTRACT = {"build": ["quarter", "reads", "fictional", "framework"], "files": COLUMNS}
PROVENANCE = [*NOF_COLUMNS, "_source_sha256", "_source_member", "_source_row"]


@pytest.fixture(scope="session")
def manifest() -> Any:
    return project._parsed()


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory, manifest: Any) -> Iterator[Callable[..., Any]]:
    """Calls dbt on the project with empty landed tables; returns its result."""
    folder = tmp_path_factory.mktemp("dbt")
    landed = {name: [*columns, *PROVENANCE] for name, columns in LANDED.items()}
    with duckdb.connect() as connection:
        for table, columns in {**landed, **EXTRACT}.items():
            selected = ", ".join(f"cast(null as varchar) as {column}" for column in columns)
            connection.sql(f"select {selected} limit 0").write_parquet(str(folder / f"{table}.parquet"))

    options = [
        "--project-dir",
        str(DBT_PROJECT),
        "--profiles-dir",
        str(DBT_PROJECT),
        "--target-path",
        str(folder / "target"),
    ]
    options += ["--log-path", str(folder), "--log-level", "none", "--no-use-colors", "--quiet"]

    def invoke(*arguments: str) -> Any:
        try:
            outcome = dbtRunner(manifest=manifest).invoke([*arguments, *options])
        finally:
            DuckDBConnectionManager.close_all_connections()
        if outcome.exception is not None:
            raise outcome.exception
        return outcome.result

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEAGUE_WAREHOUSE", str(folder / "warehouse.duckdb"))
        patch.setenv("LEAGUE_LANDED", str(folder))
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        patch.setenv("DO_NOT_TRACK", "1")
        yield invoke
