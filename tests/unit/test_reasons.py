"""The site words some reasons of a release anew. A reason that a model words otherwise would silently get the sentence
for all others."""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.site import organisation_sentences as said
from orchestration.site import sentences
from orchestration.statistics import learning

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"


def _reasons(model: str) -> set[str]:
    """The texts of more than one word in the SQL of a model."""
    code = re.sub("--.*", "", (MODELS / model).read_text())
    return {text for text in re.findall("'([^']*)'", code) if " " in text.strip()}


def test_reasons_why_a_change_is_not_compared_are_those_of_the_model() -> None:
    assert said.NOT_COMPARED.keys() < _reasons("rank/improvement.sql")


def test_reasons_why_a_measure_has_no_figure_are_those_of_the_models() -> None:
    reasons = _reasons("metric/metric_values.sql") | _reasons("metric/steps/computed_values.sql")
    assert [start for start in said.NO_FIGURE if not any(reason.startswith(start) for reason in reasons)] == []
    assert any(reason.endswith(said.NO_FILE) for reason in reasons)


def test_reason_why_nobody_is_named_for_a_band_is_the_one_that_it_is_not_changed() -> None:
    assert learning.NO_DIRECTION in _reasons("insight/what_it_takes.sql")


def test_places_in_a_funnel_are_those_of_the_model() -> None:
    found = {reason for reason in _reasons("insight/specialty_league_table.sql") if "limit" in reason}
    assert {*sentences.FUNNEL} == found
