"""The site words some reasons of a release anew. A reason that a model words otherwise would silently get the sentence
for all others."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration.site import organisation_sentences as said
from orchestration.site import sentences

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"


def _reasons(model: str) -> set[str]:
    """The texts of more than one word in the SQL of a model."""
    code = re.sub("--.*", "", (MODELS / model).read_text())
    return {text for text in re.findall("'([^']*)'", code) if " " in text.strip()}


def _compared(function: Callable[..., Any], method: str) -> list[str]:
    """What a function asks texts to start or to end with."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(function))) if isinstance(node, ast.Call)]
    asked = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == method]
    return [ast.literal_eval(call.args[0]) for call in asked]


def test_reasons_why_a_change_is_not_compared_are_those_of_the_model() -> None:
    tables = [node for node in ast.walk(ast.parse(inspect.getsource(said.change_fact))) if isinstance(node, ast.Dict)]
    reasons = {ast.literal_eval(key) for table in tables for key in table.keys if key}
    assert len(reasons) == 3
    assert reasons < _reasons("rank/improvement.sql")


def test_reasons_why_a_measure_has_no_figure_are_those_of_the_models() -> None:
    reasons = _reasons("metric/metric_values.sql") | _reasons("metric/steps/computed_values.sql")
    starts, ends = _compared(said.not_counted, "startswith"), _compared(said.not_counted, "endswith")
    assert (len(starts), len(ends)) == (3, 1)
    assert [start for start in starts if not any(reason.startswith(start) for reason in reasons)] == []
    assert [end for end in ends if not any(reason.endswith(end) for reason in reasons)] == []


def test_places_in_a_funnel_are_those_of_the_model() -> None:
    found = {reason for reason in _reasons("insight/specialty_league_table.sql") if "limit" in reason}
    assert {*sentences.FUNNEL} == found
