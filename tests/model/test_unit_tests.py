"""dbt unit tests own the rules: all pass, and every step from metric on has one. Cases live beside the models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlparse
from dbt.adapters.base import BaseRelation
from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.compilation import Compiler
from sqlparse.engine import FilterStack

from orchestration.warehouse.shortcuts import take_shortcuts


def test_every_step_from_metric_on_has_a_unit_test(manifest: Any) -> None:
    """dbt has none for Python models: what these call is tested under tests/unit."""
    models = [node for node in manifest.nodes.values() if node.resource_type == "model" and node.language == "sql"]
    steps = {model.name for model in models if model.schema in ("metric", "score", "rank", "insight")}
    assert steps - {unit_test.model for unit_test in manifest.unit_tests.values()} == set()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixth of the time: dbt asks for the columns of a relation once a fixture, parses a test's SQL to its last
    bracket to find its first word, makes messages that nobody hears, and writes files that nobody reads."""
    take_shortcuts(compiled=True)
    asked: dict[str, list[Any]] = {}
    columns = DuckDBAdapter.get_columns_in_relation

    def remembered(adapter: DuckDBAdapter, relation: BaseRelation) -> list[Any]:
        asked[str(relation)] = asked.get(str(relation)) or columns(adapter, relation)
        return asked[str(relation)]

    monkeypatch.setattr(DuckDBAdapter, "get_columns_in_relation", remembered)
    monkeypatch.setattr(Compiler, "_write_node", lambda compiler, node, split_suffix=None: node)
    monkeypatch.setattr(sqlparse, "parse", lambda sql: tuple(FilterStack().run(sql)))


def test_unit_tests_pass(dbt: Callable[..., Any], manifest: Any, quick: None) -> None:
    """Fixtures take their column types from relations: empty ones are enough."""
    built = dbt("build", "--empty", "--resource-type", "seed", "--resource-type", "model", "--no-write-json")
    assert {str(r.status) for r in built.results} == {"success"}, [
        r.message for r in built.results if str(r.status) == "error"
    ]
    results = dbt("test", "--select", "test_type:unit", "--no-write-json").results
    assert {result.node.unique_id for result in results} == set(manifest.unit_tests)
    failed = [f"{r.node.unique_id}: {r.status}\n{r.message}" for r in results if r.status != "pass"]
    assert not failed, "\n\n".join([f"{len(failed)} of {len(results)} unit tests fail", *failed])
