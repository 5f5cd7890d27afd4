"""What is said of a warning: quarter, rows, and what the runbook has on every check that only warns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from orchestration.operations.runbook import advice
from orchestration.quality import checks
from orchestration.releases.release import Release
from orchestration.terminal.console import Console
from orchestration.terminal.leagues import show_warnings
from orchestration.workspace.paths import DBT_PROJECT, SUITES


def warnings_of_dbt() -> list[str]:
    """Tests with a file of their own, and rules beside a model."""
    found = [
        path.stem
        for path in sorted((DBT_PROJECT / "tests").glob("*.sql"))
        if "severity='warn'" in path.read_text(encoding="utf-8")
    ]
    for path in sorted((DBT_PROJECT / "models").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models", []):
            for test in model.get("data_tests", []):
                rules = test.get("rules", {}) if isinstance(test, dict) else {}
                if rules.get("config", {}).get("severity") == "warn":
                    found += [f"{model['name']}.{rule}" for rule in rules["arguments"]["holds"]]
    return [f"dbt.{name}" for name in found]


def warnings_of_suites() -> list[str]:
    return [
        f"{path.parent.name}.{path.stem}.{expectation['meta']['id']}"
        for path in sorted(SUITES.glob("*/*.json"))
        for expectation in json.loads(path.read_text(encoding="utf-8"))["expectations"]
        if expectation["severity"] == "warning"
    ]


@pytest.mark.parametrize("check", [*warnings_of_dbt(), *warnings_of_suites()])
def test_runbook_says_what_to_do_about_every_warning(check: str) -> None:
    said = advice(check)
    assert said and said.endswith(".") and "](" not in said


def test_no_kind_of_warning_is_left_out_above() -> None:
    assert len(warnings_of_dbt()) >= 14 and len(warnings_of_suites()) >= 10


def test_unknown_check_has_no_advice() -> None:
    assert advice("land.rtt.no-such-rule") is None


@pytest.mark.parametrize("synthetic", [True, False])
def test_warning_has_quarter_rows_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], synthetic: bool
) -> None:
    about = {"passed": False, "waiver": None, "reason": "A reason."}
    found = [
        {
            **about,
            "id": "dbt.forms_agree",
            "unexpected": 5,
            "examples": [f"quarter 2025-26-Q1, row {n}" for n in range(5)],
        },
        {**about, "id": "land.x.y", "unexpected": 1, "examples": ["a.csv, row 3"], "waiver": "W1"},
        {**about, "id": "land.x.z", "unexpected": 0, "examples": [], "passed": True},
    ]
    (tmp_path / "checks.json").write_text(json.dumps({"quarter": "2025-26-Q2", "checks": found, "files": []}))
    show_warnings(Console(), Release(tmp_path, {"synthetic": synthetic}))
    said = capsys.readouterr().out
    assert "warning: 2025-26-Q1: dbt.forms_agree: 5 rows. A reason." in said
    assert "The rows named are of 2025-26-Q1, which a build of 2025-26-Q2 reads too." in said
    assert "quarter 2025-26-Q1, row 2\n" in said and "row 3\n  and" not in said and "and 2 more" in said
    assert "What to do: look at both files." in said
    assert "waived by W1: 2025-26-Q2: land.x.y: 1 row. A reason." in said and "land.x.z" not in said
    assert ("league sample plants" in said) == synthetic


def test_rows_of_the_quarter_before_are_said_to_be_of_it() -> None:
    assert checks.quarters_named(["quarter 2025-26-Q2, row 1", "a.csv", "2025-26-Q1 and 2025-26-Q2"]) == [
        "2025-26-Q1",
        "2025-26-Q2",
    ]
    said = "  The rows named are of 2025-26-Q1, which a build of 2025-26-Q2 reads too."
    assert checks.read_too(["2025-26-Q1"], ["2025-26-Q2"]) == said
    assert checks.read_too(["2025-26-Q1", "2025-26-Q2"], ["2025-26-Q2"]) is None
    assert checks.read_too([], ["2025-26-Q2"]) is None
