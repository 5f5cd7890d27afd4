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
from orchestration.quarters import Quarter
from orchestration.releases import publish
from orchestration.text import in_sql
from orchestration.warehouse import manifest, project, spark
from orchestration.workspace.paths import Build, Workspace
from tests.conftest import Built, hashes, silent

CASES = [
    ("sample", "2025-26-Q4"),  # the demo, which other tests have of a pass
    pytest.param(("shared_extracts", "2025-26-Q2"), marks=pytest.mark.soak),
    pytest.param(("shared_extracts", "2025-26-Q4"), marks=pytest.mark.soak),
]
LAYERS = [("score", "rank"), ("insight",)]


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="module")
def quarter(case: tuple[str, str]) -> Quarter:
    return Quarter(case[1])


@pytest.fixture(scope="module")
def on_duckdb(
    case: tuple[str, str], request: pytest.FixtureRequest, build_quarter: Callable[[str, Path], Built]
) -> Built:
    folder, quarter = case
    if folder == "sample":
        return request.getfixturevalue("built")
    return build_quarter(quarter, request.getfixturevalue(folder))


@pytest.fixture(scope="module")
def on_spark(
    case: tuple[str, str], on_duckdb: Built, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Built:
    """Where DuckDB has landed the files already."""
    extracts, quarter = request.getfixturevalue(case[0]), case[1]
    data = tmp_path_factory.mktemp("Spark's own")  # as a person's folder may be called
    without = shutil.ignore_patterns("releases", "2025-*")
    shutil.copytree(on_duckdb.workspace.data_dir, data, dirs_exist_ok=True, ignore=without, copy_function=os.link)
    (outcome,) = in_process.run_quarters("quarter", [quarter], extracts, data, silent, engine=project.SPARK)
    return Built(outcome, Workspace(data).build(quarter))


def test_release_has_the_same_bytes(on_duckdb: Built, on_spark: Built) -> None:
    assert hashes(on_spark.release) == hashes(on_duckdb.release)


@pytest.mark.parametrize("order", ["DuckDB after Spark", "Spark after DuckDB"])
def test_one_finds_the_release_of_the_other_current(
    on_duckdb: Built, on_spark: Built, quarter: Quarter, tmp_path: Path, order: str
) -> None:
    after, before = (on_duckdb, on_spark) if order == "DuckDB after Spark" else (on_spark, on_duckdb)
    for built, part in ((after, "store"), (after, "work"), (before, "releases")):
        shutil.copytree(built.workspace.data_dir / part, tmp_path / part, copy_function=os.link)
    found = publish.publish(Workspace(tmp_path).build(*after.build.quarters))
    assert [created for release, created in found if release.quarter == quarter] == [False]


def test_every_table_has_the_same_rows_and_types(on_spark: Built, quarter: Quarter, tmp_path: Path) -> None:
    """DuckDB makes them of the same landed files, for the sample's release is of a pass, which has more."""
    shutil.copytree(on_spark.build.folder, tmp_path / "work" / quarter, copy_function=os.link)
    build = Workspace(tmp_path).build(quarter)
    build.warehouse.unlink()
    project.build_stage(build, manifest.SELECTED[manifest.STAGE_METRIC], ())
    compared, different = differences(build, f"attach {in_sql(on_spark.build.warehouse)} as other (read_only)")
    assert different == []
    assert compared >= set(manifest.relations_of(manifest.STAGE_METRIC))


@pytest.mark.soak
@pytest.mark.parametrize("layers", LAYERS, ids=" ".join)
def test_sql_models_after_the_gate_make_the_same_tables(
    on_spark: Built, tmp_path: Path, layers: tuple[str, ...]
) -> None:
    build = on_spark.build
    models = [model for model in manifest.models() if model.language == "sql" and model.layer in layers]
    ours = {model.relation for model in models}
    with spark.on_spark(build, tmp_path / "spark") as on, duckdb.connect(str(build.warehouse), read_only=True) as there:
        for model in manifest.models():
            if model.relation not in ours:
                path = tmp_path / f"{model.relation}.parquet"
                there.table(model.relation).write_parquet(str(path))
                on.show(model.relation, path)
        results = on.run(["--select", *(model.name for model in models)])
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
