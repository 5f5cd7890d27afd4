"""Spark makes what DuckDB makes: the same bytes of a release, and every table with the same rows and types. Of the
stages after the gate, which stay on DuckDB, the SQL models are built on Spark from DuckDB's tables, as a proof that
they could move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.defs import in_process
from orchestration.warehouse import manifest, project, spark
from orchestration.workspace.paths import Build, Workspace
from tests.conftest import Built, hashes, silent

CASES = [("sample", "2025-26-Q4"), ("shared_extracts", "2025-26-Q2"), ("shared_extracts", "2025-26-Q4")]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: "-".join(case))
def case(request: pytest.FixtureRequest) -> tuple[Path, str]:
    folder, quarter = request.param
    return request.getfixturevalue(folder), quarter


@pytest.fixture(scope="module")
def on_duckdb(case: tuple[Path, str], build_quarter: Any) -> Built:
    extracts, quarter = case
    built: Built = build_quarter(quarter, extracts)
    return built


@pytest.fixture(scope="module")
def on_spark(case: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Built:
    extracts, quarter = case
    data = tmp_path_factory.mktemp("spark")
    outcome = in_process.run_quarter("quarter", quarter, extracts, data, silent, engine=project.SPARK)
    return Built(outcome, Workspace(data).build(quarter))


def test_release_has_the_same_bytes(on_duckdb: Built, on_spark: Built) -> None:
    assert hashes(on_spark.release) == hashes(on_duckdb.release)


def test_every_table_has_the_same_rows_and_types(on_duckdb: Built, on_spark: Built) -> None:
    compared, different = differences(on_duckdb.build, f"attach '{on_spark.build.warehouse}' as other (read_only)")
    assert different == []
    assert compared >= set(manifest.relations_of(manifest.STAGE_METRIC))


def test_build_on_duckdb_finds_the_release_of_spark_current(case: tuple[Path, str], on_spark: Built) -> None:
    extracts, quarter = case
    outcome = in_process.run_quarter("quarter", quarter, extracts, on_spark.workspace.data_dir, silent)
    assert (outcome.release, outcome.created) == (on_spark.release, False)


def test_sql_models_after_the_gate_make_the_same_tables(on_duckdb: Built, tmp_path: Path) -> None:
    build = on_duckdb.build
    ours = {model.relation for model in manifest.models() if is_sql_after_the_gate(model)}
    with spark.on_spark(build, tmp_path / "spark") as on, duckdb.connect(str(build.warehouse), read_only=True) as there:
        for model in manifest.models():
            if model.relation not in ours:
                path = tmp_path / f"{model.relation}.parquet"
                there.table(model.relation).write_parquet(str(path))
                on.show(model.relation, path)
        python = [model.name for model in manifest.models() if model.language == "python"]
        results = on.run(["--select", f"tag:{manifest.SCORE_RANK}", "--exclude", *python])
        (tmp_path / "spark").rename(tmp_path / "kept")
    assert [f"{one.node.name}: {one.message}" for one in results if str(one.status) != "success"] == []
    views = "; ".join(
        f"create schema if not exists other.{layer};"
        f"create view other.{layer}.{name} as select * from read_parquet('{tmp_path}/kept/{layer}/{name}/*.parquet')"
        for layer, name in (relation.split(".") for relation in sorted(ours))
    )
    compared, different = differences(build, f"attach ':memory:' as other; {views}")
    assert different == []
    assert compared == ours


def is_sql_after_the_gate(model: manifest.Model) -> bool:
    return model.language == "sql" and manifest.SCORE_RANK in model.tags


def differences(build: Build, attach: str) -> tuple[set[str], list[str]]:
    """The relations that the warehouse of a build and another database, `other`, both have, and how each differs."""
    different = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{build.warehouse}' as one (read_only); {attach}")
        columns = "select schema_name || '.' || table_name, list((column_name, data_type)) from duckdb_columns()"
        of = f"{columns} where database_name = $database group by all"
        one, other = (dict(connection.execute(of, {"database": name}).fetchall()) for name in ("one", "other"))
        for relation in sorted(one.keys() & other.keys()):
            if one[relation] != other[relation]:
                different.append(f"{relation}: {set(one[relation]) ^ set(other[relation])}")
                continue
            for first, second in (("one", "other"), ("other", "one")):
                only = f"from {first}.{relation} except all from {second}.{relation}"
                if rows := connection.execute(f"select count(*) from ({only})").fetchone()[0]:  # type: ignore[index]
                    different.append(f"{relation}: {rows} rows only in {first}")
    return one.keys() & other.keys(), different
