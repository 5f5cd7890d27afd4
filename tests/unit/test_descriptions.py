"""Descriptions of sources that somebody wrote wrongly: one plain message, which names the file and the field."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import LeagueError
from orchestration.sources import descriptions
from orchestration.sources.descriptions import known_sources, read_source
from orchestration.sources.footnotes import without_marks
from orchestration.workspace.paths import SOURCES

CANCER = yaml.safe_load((SOURCES / "cancer.yml").read_text(encoding="utf-8"))
MISSING = object()


def with_field(path: str, value: Any) -> dict[str, Any]:
    """The description of the cancer workbooks with one field as it should not be."""
    changed: dict[str, Any] = yaml.safe_load(yaml.safe_dump(CANCER))
    *parents, last = path.split(".")
    inner: Any = changed
    for name in parents:
        inner = inner[int(name) if name.isdigit() else name]
    if value is MISSING:
        del inner[last]
    else:
        inner[int(last) if last.isdigit() else last] = value
    return changed


def test_every_field_of_a_description_is_explained() -> None:
    """By the text below it. pydantic could tell, but takes 0.1 s of each build to look."""
    module = ast.parse(Path(descriptions.__file__).read_text(encoding="utf-8"))
    models = {one.name: one.body for one in module.body if isinstance(one, ast.ClassDef)}
    assert len(models["Source"]) > 40
    followed = [pair for body in models.values() for pair in pairwise([*body, ast.Pass()])]
    assert [ast.unparse(one) for one, below in followed if isinstance(one, ast.AnnAssign) and not is_text(below)] == []


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", MISSING, "title is missing"),
        ("title", " ", "title: found ' '; expected text that is not blank"),
        ("colour", "red", "colour is no field known here"),
        ("required", "yes", "required: found 'yes'; expected a valid boolean"),
        ("maturity", "ripe", "maturity: found 'ripe'; expected 'provisional', 'final', 'revised' or 'not stated'"),
        ("calendar.of", "month", "calendar.of: found 'month'; expected 'every_month', 'last_month' or 'quarter'"),
        ("calendar.due_days", "45", "calendar.due_days: found '45'; expected a valid integer"),
        ("calendar.basis", MISSING, "calendar.basis is missing"),
        ("fetch.files", MISSING, "fetch: says neither files nor address"),
        ("fetch.files", "(", r"fetch.files: found '('; expected a regular expression: missing ), unterminated"),
        ("columns.0.colour", "red", "columns.0.colour is no field known here"),
        ("columns.0", 3, "columns.0: found 3; expected a list of fields"),
        ("period.columns", ["moon"], "period, part, vintage, sheets or tables name moon; expected names of columns"),
        (
            "sheets.28-DAY FDS (ALL ROUTES)",
            ["moon"],
            "period, part, vintage, sheets or tables name moon; expected names of columns",
        ),
        ("retired", {"since": "soon", "reason": "over"}, "retired.since: found 'soon'; expected a valid date"),
        ("id", "cancers", "id: found 'cancers'; expected cancer, as the file is named"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(tmp_path: Path, field: str, value: Any, message: str) -> None:
    path = tmp_path / "cancer.yml"
    path.write_text(yaml.safe_dump(with_field(field, value)), encoding="utf-8")
    with pytest.raises(LeagueError) as refused:
        read_source(path)
    assert str(refused.value).startswith(f"cancer.yml: {message}")


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text("id: x\n", encoding="utf-8")
    with pytest.raises(LeagueError, match=r"title is missing; publisher is missing; .*quirks is missing$"):
        read_source(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("id: [x", "x.yml is not YAML: .*line 1"), ("- x", "x.yml: found .'x'.; expected a list of fields")],
)
def test_file_that_holds_no_fields_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LeagueError, match=message):
        read_source(path)


def test_heading_alone_describes_a_column() -> None:
    column = known_sources()["ae"].columns[1]
    assert (column.name, column.published) == ("org_code", ("Org Code",))


@pytest.mark.parametrize("source_id", known_sources())
def test_headings_of_a_csv_are_told_apart_without_footnote_marks(source_id: str) -> None:
    source = known_sources()[source_id]
    plain = [{" ".join(without_marks(one).casefold().split()) for one in column.published} for column in source.columns]
    assert source.is_workbook or sum(map(len, plain)) == len(set().union(*plain))


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Recorded [note 3]", "Recorded"),
        ("Recorded [notes 3, 4 and 5] [r]", "Recorded"),
        ("ODS CODE (1)", "ODS CODE"),
        ("England, June 2025\n[n 1]*", "England, June 2025"),
        ("June 2025 (Revised) ", "June 2025"),
        ("Census (2021)", "Census (2021)"),
        ("Services (A)", "Services (A)"),
        ("Waits [all]", "Waits [all]"),
        ("[c]", "[c]"),
        ("*", "*"),
    ],
)
def test_marks_are_those_of_footnotes(text: str, without: str) -> None:
    assert without_marks(text) == without
