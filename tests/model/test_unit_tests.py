"""dbt unit tests own the rules: all pass, and every step from metric on has one. Cases live beside the models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_every_step_from_metric_on_has_a_unit_test(manifest: Any) -> None:
    """dbt has none for Python models: what these call is tested under tests/unit."""
    models = [node for node in manifest.nodes.values() if node.resource_type == "model" and node.language == "sql"]
    steps = {model.name for model in models if model.schema in ("metric", "score", "rank", "insight")}
    assert steps - {unit_test.model for unit_test in manifest.unit_tests.values()} == set()


def test_unit_tests_pass(dbt: Callable[..., Any], manifest: Any) -> None:
    """Fixtures take their column types from relations: empty ones are enough."""
    built = dbt("build", "--empty", "--resource-type", "seed", "--resource-type", "model", "--no-write-json")
    assert {str(r.status) for r in built.results} == {"success"}, [
        r.message for r in built.results if str(r.status) == "error"
    ]
    results = dbt("test", "--select", "test_type:unit", "--no-write-json").results
    assert {result.node.unique_id for result in results} == set(manifest.unit_tests)
    failed = [f"{r.node.unique_id}: {r.status}\n{r.message}" for r in results if r.status != "pass"]
    assert not failed, "\n\n".join([f"{len(failed)} of {len(results)} unit tests fail", *failed])
