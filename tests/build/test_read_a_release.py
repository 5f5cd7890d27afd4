"""The notebook that shows how to read a release, and the picture on the front page: both are what the sample gives.
What a release holds is not here."""

from __future__ import annotations

import json
from typing import Any

from orchestration.workspace.paths import PROJECT

NOTEBOOK = PROJECT / "docs" / "read-a-release.ipynb"
PICTURE = PROJECT / "docs" / "images" / "ranks_ambulance.svg"
CELLS = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_notebook_reads_a_release(built: Any) -> None:
    """Run every cell in order. The first one names the folder of `make run`: the sample's release takes its place."""
    names: dict[str, Any] = {}
    folder, *others = ("".join(cell["source"]) for cell in CELLS)
    exec(folder, names)
    assert names["release"].parts[-2:] == built.release.parts[-2:]
    names["release"] = built.release
    for source in others:
        exec(source, names)
    assert len(names["ranked"]) > 200


def test_notebook_shows_what_it_found() -> None:
    assert [cell["execution_count"] for cell in CELLS] == list(range(1, len(CELLS) + 1))
    assert [cell["id"] for cell in CELLS[1:] if not cell["outputs"]] == []


def test_picture_of_the_front_page_is_that_of_the_sample(built: Any) -> None:
    """Where it is not any more: `make run`, look at data/demo/releases/*/v*/ranks_ambulance.svg, and copy it."""
    assert PICTURE.read_bytes() == (built.release / PICTURE.name).read_bytes()
