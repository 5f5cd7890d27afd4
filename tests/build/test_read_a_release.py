"""The notebook that shows how to read a release, and the picture on the front page: both are what the sample gives.
What a release holds is not here."""

from __future__ import annotations

import ast
import json
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import pandas as pd

from orchestration.workspace.paths import PROJECT

NOTEBOOK = PROJECT / "docs" / "read-a-release.ipynb"
PICTURE = PROJECT / "docs" / "images" / "ranks_ambulance.svg"
CELLS = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def shown(source: str, names: dict[str, Any]) -> dict[str, str]:
    """Run a cell and return what a notebook shows below it: what it prints, and the value of its last line."""
    lines, last, printed = ast.parse(source), None, StringIO()
    if isinstance(end := lines.body[-1], ast.Expr):
        lines.body.pop()
        last = compile(ast.Expression(end.value), "cell", "eval")
    with redirect_stdout(printed), pd.option_context("display.max_columns", 20):  # a terminal would show fewer
        exec(compile(lines, "cell", "exec"), names)
        value = eval(last, names) if last else None
        table = {} if value is None else {"text/plain": repr(value), "text/html": value._repr_html_()}
    return {"stdout": printed.getvalue(), **table} if printed.getvalue() else table


def stored(cell: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for output in cell["outputs"]:
        texts = {"stdout": output["text"]} if output["output_type"] == "stream" else output["data"]
        found |= {kind: "".join(text) for kind, text in texts.items()}
    return found


def test_notebook_shows_what_its_cells_find_in_the_sample(built: Any) -> None:
    """Run every cell in order. The first one names the folder of `make run`: the sample's release takes its place.

    Where it shows other figures: `make run`, run the notebook from its first cell to its last, and save it."""
    names: dict[str, Any] = {}
    folder, *others = CELLS
    assert shown("".join(folder["source"]), names) == stored(folder) == {}
    assert names["release"].parts[-2:] == built.release.parts[-2:]
    names["release"] = built.release
    for cell in others:
        found = shown("".join(cell["source"]), names)
        assert found and found == stored(cell)
    assert len(names["ranked"]) > 200
    assert [cell["execution_count"] for cell in CELLS] == list(range(1, len(CELLS) + 1))


def test_picture_of_the_front_page_is_that_of_the_sample(built: Any) -> None:
    """Where it is not any more: `make run`, look at data/demo/releases/*/v*/ranks_ambulance.svg, and copy it."""
    assert PICTURE.read_bytes() == (built.release / PICTURE.name).read_bytes()
