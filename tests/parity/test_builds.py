"""Spark makes what DuckDB makes: the same bytes of a release, and every table with the same rows and types. Of the
stages after the gate, which stay on DuckDB, the SQL models are built on Spark from DuckDB's tables, as a proof that
they could move."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.defs import in_process
from orchestration.releases import publish
from orchestration.text import in_sql
from orchestration.warehouse import manifest, project, spark
from orchestration.workspace.paths import Build, Workspace
from tests.conftest import Built, hashes, silent

CASES = [
    ("sample", "2025-26-Q3", "2025-26-Q4"),  # those that other tests have, built in one pass
    pytest.param(("shared_extracts", "2025-26-Q2"), marks=pytest.mark.soak),
    pytest.param(("shared_extracts", "2025-26-Q4"), marks=pytest.mark.soak),
]
Releases = dict[str, Built]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[Path, list[str]]:
    folder, *quarters = request.param
    return request.getfixturevalue(folder), quarters


@pytest.fixture(scope="module")
def on_duckdb(case: tuple[Path, list[str]], build_quarters: Callable[..., Releases]) -> Releases:
    extracts, quarters = case
    return build_quarters(extracts, *quarters)


@pytest.fixture(scope="module")
def on_spark(case: tuple[Path, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Releases:
    extracts, quarters = case
    data = tmp_path_factory.mktemp("Spark's own")  # as a person's folder may be called
    outcomes = in_process.run_quarters("quarter", quarters, extracts, data, silent, engine=project.SPARK)
    return {outcome.quarter: Built(outcome, Workspace(data).build(*quarters)) for outcome in outcomes}


@pytest.fixture(scope="module")
def builds(on_duckdb: Releases, on_spark: Releases) -> tuple[Build, Build]:
    return next(iter(on_duckdb.values())).build, next(iter(on_spark.values())).build


def test_release_has_the_same_bytes(on_duckdb: Releases, on_spark: Releases) -> None:
    ours = {quarter: hashes(built.release) for quarter, built in on_duckdb.items()}
    assert {quarter: hashes(built.release) for quarter, built in on_spark.items()} == ours


@pytest.mark.parametrize("order", ["DuckDB after Spark", "Spark after DuckDB"])
def test_one_finds_the_release_of_the_other_current(builds: tuple[Build, Build], tmp_path: Path, order: str) -> None:
    after, before = builds if order == "DuckDB after Spark" else builds[::-1]
    for build, part in ((after, "store"), (after, "work"), (before, "releases")):
        shutil.copytree(build.workspace.data_dir / part, tmp_path / part, copy_function=os.link)
    found = publish.publish(Workspace(tmp_path).build(*after.quarters))
    assert [created for _, created in found] == [False] * len(after.quarters)


def test_every_table_has_the_same_rows_and_types(builds: tuple[Build, Build]) -> None:
    on_duckdb, on_spark = builds
    compared, different = differences(on_duckdb, f"attach {in_sql(on_spark.warehouse)} as other (read_only)")
    assert different == []
    assert compared >= set(manifest.relations_of(manifest.STAGE_METRIC))


def test_sql_models_after_the_gate_make_the_same_tables(builds: tuple[Build, Build], tmp_path: Path) -> None:
    build, _ = builds
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
        f"create view other.{layer}.{name} as from {in_sql(f'{tmp_path}/kept/{layer}/{name}/*.parquet')}"
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
        connection.execute(f"attach {in_sql(build.warehouse)} as one (read_only); {attach}")
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
