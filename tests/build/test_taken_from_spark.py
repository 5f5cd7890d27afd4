"""Tables that were made elsewhere come into the warehouse under the contracts, keys and data tests of their models.
DuckDB's own tables stand for those of Spark here: that Spark makes the same is shown in `tests/parity`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.quality import dbt_tests
from orchestration.quality.checks import NOT_RUN, Check
from orchestration.text import in_sql
from orchestration.warehouse import manifest, project, tables
from orchestration.warehouse.manifest import SELECTED, STAGE_METRIC
from orchestration.workspace.paths import Build, Workspace
from tests.conftest import Built

MADE = {f"{model.layer}.{model.name}" for model in manifest.models() if STAGE_METRIC in model.tags}
Take = Callable[[dict[str, str]], tuple[Build, dict[str, Check]]]


@pytest.fixture
def take(built_first: Built, tmp_path: Path) -> Take:
    """Takes the tables of a build, some changed by a query, into a warehouse of their own; returns that build, and the
    checks that failed."""
    before = built_first.build
    build = Workspace(tmp_path / "data").build(*before.quarters)
    shutil.copytree(before.landed, build.landed, copy_function=os.link)

    def taken(changed: dict[str, str]) -> tuple[Build, dict[str, Check]]:
        with tables.reading(before) as connection:
            connection.execute(f"set file_search_path = {in_sql(before.landed)}")
            for relation in MADE & tables.relations(connection):
                folder = tmp_path / "made" / relation.replace(".", "/")
                folder.mkdir(parents=True)
                query = changed.get(relation, f"from {relation}")
                connection.sql(query).write_parquet(str(folder / "part-0.parquet"))
        seeded = project.build_stage(build, SELECTED[STAGE_METRIC], (), but="unit_test model test")
        made = project.build_stage(build, SELECTED[STAGE_METRIC], (), "unit_test seed", tmp_path / "made")
        checks = dbt_tests.checks_of_results(build, STAGE_METRIC, [*seeded, *made])
        return build, {check.id: check for check in checks if check.shuts_the_gate}

    return taken


def test_every_table_is_there_as_it_was_made(take: Take, built_first: Built) -> None:
    build, failed = take({})
    assert failed == {}
    with tables.reading(build) as ours, tables.reading(built_first.build) as theirs:
        made = manifest.relations_of(STAGE_METRIC)
        assert tables.fingerprints(ours, made) == tables.fingerprints(theirs, made)
        for relation in made:
            assert ours.table(relation).types == theirs.table(relation).types, relation


def test_a_table_that_is_not_as_described_shuts_the_gate(take: Take) -> None:
    _, failed = take(
        {
            "metric.publication_sizes": "select * replace (total::double as total) from metric.publication_sizes",
            "metric.quarter_guide": "from metric.quarter_guide union all from metric.quarter_guide",
            "stage.reporting_periods": "from stage.reporting_periods union all from stage.reporting_periods",
        }
    )
    found = {name: " ".join(check.examples) for name, check in failed.items() if check.kind != NOT_RUN}
    assert set(found) == {"dbt.publication_sizes", "dbt.quarter_guide", "dbt.reporting_periods.key"}
    assert "total" in found["dbt.publication_sizes"] and "contract" in found["dbt.publication_sizes"]
    assert "duplicate key" in found["dbt.quarter_guide"].lower()
    assert "rows_found 2" in found["dbt.reporting_periods.key"]


def test_the_project_is_whole_again_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parsed: Any = project._compiled()
    models = {name: node for name, node in parsed.nodes.items() if node.resource_type == "model"}
    before = {name: (node.language, node.compiled_code) for name, node in models.items()}

    def stop(*arguments: Any, **keywords: Any) -> None:
        assert "read_parquet" in parsed.nodes["model.league_tables.metric_values"].compiled_code
        raise duckdb.Error("stopped")

    monkeypatch.setattr(project, "invoke", stop)
    with pytest.raises(duckdb.Error):
        project.build_stage(Workspace(tmp_path).build("2025-26-Q1"), "tag:x", (), made=tmp_path)
    assert {name: (node.language, node.compiled_code) for name, node in models.items()} == before
