"""Pictures of a release: from its tables alone, the same bytes each time, safe whatever a trust is called."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from orchestration.releases import pictures

ROOT = Path(__file__).parents[2]
CREDIT = "Independent analysis, not official statistics <&>"
HOSTILE = "<script>alert(1)</script> $x_1$ & \"Trust\" 'é'"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Three trusts of one league, one moved by the override; no ICB is ranked."""
    trusts = pd.DataFrame(
        {
            "quarter": "2025-26-Q2",
            "league": "ambulance",
            "rank": [1, 2, 3],
            "rank_low": [1, 1, 2],
            "rank_high": [2, 3, 3],
            "rank_without_override": [1, 3, 2],
            "organisation_code": ["ZA1", "ZA2", "ZA3"],
            "organisation_name": [HOSTILE, "B", "C" * 200],
            "segment": [1, 2, 3],
            "segment_unadjusted": [1, 2, 1],
            "previous_rank": pd.array([2, 1, None], "Int32"),
            "rank_change": pd.array([1, -1, None], "Int32"),
            "ranked": True,
        }
    )
    trusts.to_parquet(tmp_path / "league_table.parquet")
    verdicts = pd.DataFrame(
        {"league": "ambulance", "organisation_code": ["ZA1", "ZA2"], "verdict": ["improved", "no change shown"]}
    )
    verdicts.to_parquet(tmp_path / "improvement.parquet")
    coverage = pd.DataFrame({"league": ["ambulance", "acute"], "title": ["Ambulance trusts", "Acute trusts"]})
    coverage.to_parquet(tmp_path / "league_coverage.parquet")
    return tmp_path


def text(svg: bytes) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


def test_each_ranked_league_has_its_pictures(release: Path) -> None:
    assert [name for name, _ in pictures.pictures(release, CREDIT, mark="")] == [
        "ranks_ambulance.svg",
        "movement_ambulance.svg",
    ]


def test_without_a_quarter_before_there_is_no_movement(release: Path) -> None:
    table = pd.read_parquet(release / "league_table.parquet")
    table.assign(rank_change=pd.array([None] * 3, "Int32")).to_parquet(release / "league_table.parquet")
    assert [name for name, _ in pictures.pictures(release, CREDIT, mark="")] == ["ranks_ambulance.svg"]


def test_same_tables_give_the_same_bytes_in_every_process(release: Path) -> None:
    """A set has another order in each of the others."""
    script = "import sys; from tests.unit import test_plots as own; print(own.digest(sys.argv[1]))"
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", script, release],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout == digest(release) + "\n"


def digest(release: Path | str) -> str:
    """Every picture of a release, as one number."""
    drawn = pictures.pictures(Path(release), CREDIT, mark="")
    return hashlib.sha256(b"".join(name.encode() + svg for name, svg in drawn)).hexdigest()


def test_names_are_text_and_nothing_else(release: Path) -> None:
    for svg in dict(pictures.pictures(release, CREDIT, mark="")).values():
        assert b"<script" not in svg
        assert HOSTILE in " ".join(text(svg))


def test_long_names_take_more_lines_and_are_never_cut(release: Path) -> None:
    (ranks, _) = dict(pictures.pictures(release, CREDIT, mark="")).values()
    lines = [line for line in text(ranks) if set(line) == {"C"}]
    assert "".join(lines) == "C" * 200 and len(lines) == 4


def test_every_picture_says_whose_it_is_and_what_it_tells(release: Path) -> None:
    for svg in dict(pictures.pictures(release, CREDIT, mark="")).values():
        assert CREDIT in text(svg)
        spoken = ElementTree.fromstring(svg).attrib["aria-label"]
        assert spoken.startswith("Ambulance trusts, 2025-26-Q2. ") and "The ring is the rank" in spoken


def test_title_says_that_a_release_is_fictional(release: Path) -> None:
    for svg in dict(pictures.pictures(release, CREDIT, mark="FICTIONAL: ")).values():
        assert ">FICTIONAL: Ambulance trusts, 2025-26-Q2<" in svg.decode()
    assert not any(b"FICTIONAL" in svg for _, svg in pictures.pictures(release, CREDIT, mark=""))


def test_movement_counts_the_verdicts(release: Path) -> None:
    movement = dict(pictures.pictures(release, CREDIT, mark=""))["movement_ambulance.svg"]
    said = "Of 2 that both quarters rank, 1 improved and 0 worsened by more than the spread of their metrics."
    assert said in text(movement) and "worsened" not in text(movement)


STEPS = [
    pictures.Relation("rank.b", "", ("rank.a", "stage.x")),
    pictures.Relation("publish.release", "", ("rank.b", "insight.i")),
    pictures.Relation("insight.i", "", ("rank.b",)),
    pictures.Relation("stage.x", "", ("land.y",)),
    pictures.Relation("land.y", "", ("extract.files",)),
    pictures.Relation("rank.a", "", ("stage.x",), published=True),
    pictures.Relation("extract.files", ""),
    pictures.Relation("metric.m", "", ("stage.x",)),
    pictures.Relation("score.s", "", ("metric.m",)),
]


def test_lineage_flows_one_way() -> None:
    names = [relation.name for relation in pictures.in_order_of_flow(STEPS)]
    assert names == [
        "extract.files",
        "land.y",
        "stage.x",
        "metric.m",
        "score.s",
        "rank.a",
        "rank.b",
        "insight.i",
        "publish.release",
    ]


def test_lineage_is_one_picture_with_every_name_and_the_same_bytes() -> None:
    drawn = pictures.lineage(pictures.in_order_of_flow(STEPS))
    assert {relation.name.split(".")[1] for relation in STEPS} | set(pictures.LAYERS) <= set(text(drawn.encode()))
    assert drawn == pictures.lineage(pictures.in_order_of_flow(STEPS))
