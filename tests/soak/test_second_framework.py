"""A quarter under a framework of trusts that is in the seeds and was not in force: all of the command `league rescore`,
in a copy of the project."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.releases.release import Release
from orchestration.workspace.paths import PROJECT, Workspace
from tests.conftest import Built
from tests.oracle import competition_ranks, half_up, segments

QUARTER, OLD, NEW = "2025-26-Q1", "nof-2025-26", "nof-2026-27"
DROPPED, WEIGHED, UNSEEN = "OF0016", "OF0003", "OF0999"  # of the old metrics; and one that no file has
NOT_COPIED = {"quarter_frameworks.csv", "cut_points.csv"}  # what quarters in force have


def add_framework(seeds: Path) -> None:
    """The new framework has the rules of the old one, but a metric less, one of twice the weight, and one more."""
    for path in sorted(seeds.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            columns = list(rows.fieldnames or [])
            old = [row for row in rows if row.get("framework") == OLD and row.get("metric_id") != DROPPED]
        if path.name in NOT_COPIED or not old:
            continue
        new = [row | {"framework": NEW} for row in old]
        for row in [row for row in new if row.get("metric_id") == WEIGHED]:
            if path.name == "metrics.csv":
                row["weight"] = "2"
                new.append(row | {"metric_id": UNSEEN, "score_id": "OF1999", "title": "A metric of the new year"})
            if path.name == "league_metrics.csv":
                new.append(row | {"metric_id": UNSEEN})
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, columns, lineterminator="\n").writerows(new)


@pytest.fixture(scope="module")
def rescored(first_quarter: Path, once: Any) -> Release:
    def run(folder: Path) -> Path:
        project = folder / "project"
        for name in ("orchestration", "dbt_project", "expectations", "data/sources"):
            shutil.copytree(PROJECT / name, project / name, ignore=shutil.ignore_patterns("target", "__pycache__"))
        for name in ("pyproject.toml", "requirements.lock"):
            shutil.copy(PROJECT / name, project)
        add_framework(project / "dbt_project" / "seeds")
        words = ["rescore", "--extracts", str(first_quarter), "--framework", NEW, "--quarter", QUARTER]
        ran = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *words, "--data-dir", str(folder / "data")],
            env=os.environ | {"PYTHONPATH": str(project)},
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return Workspace(folder / "data").rescored(QUARTER, NEW) / "v1"

    return Release.read(once("second-framework", run)[1])


@pytest.fixture(scope="module")
def scores(built_first: Built) -> pd.DataFrame:
    """Scores of the metrics of both frameworks, as the quarter in force has them."""
    held = Release.read(built_first.release).table("metric_scores").query("framework == @OLD and counted")
    return held[held["score_exact"].notna() & (held["metric_id"] != DROPPED)]


def test_metrics_of_both_frameworks_have_the_same_scores(rescored: Release, scores: pd.DataFrame) -> None:
    key = ["organisation_code", "metric_id"]
    ours = rescored.table("metric_scores").query("framework == @NEW and counted and score_exact.notna()")
    pd.testing.assert_series_equal(
        ours.set_index(key)["score_exact"].sort_index(), scores.set_index(key)["score_exact"].sort_index()
    )
    assert DROPPED not in set(ours["metric_id"]) and len(ours) > 1_000


def test_averages_segments_and_ranks_go_by_the_new_weights(rescored: Release, scores: pd.DataFrame) -> None:
    averages = {}
    for code, held in scores.groupby("organisation_code"):
        weights = [
            Fraction(weight).limit_denominator(100) * (2 if metric == WEIGHED else 1)
            for metric, weight in zip(held["metric_id"], held["weight"], strict=True)
        ]
        total = sum((w * Fraction(s) for w, s in zip(weights, held["score_exact"], strict=True)), Fraction(0))
        averages[code] = half_up(total / sum(weights), 2)
    table = rescored.table("league_table").query("framework == @NEW and rank.notna()").set_index("organisation_code")
    assert table["average_score"].to_dict() == {code: averages[code] for code in table.index}
    assert len(table) > 150
    unadjusted = segments({code: averages[code] for code in table.index})
    assert table["segment_unadjusted"].to_dict() == unadjusted
    for _, league in table.groupby("league"):
        order = {code: (row["segment"], averages[code]) for code, row in league.iterrows()}
        assert league["rank"].to_dict() == competition_ranks(order)


def test_metric_that_no_file_has_is_missing_and_stops_nothing(rescored: Release) -> None:
    values = rescored.table("metric_values").query("metric_id == @UNSEEN")
    assert set(values["status"]) == {"missing"}
    assert UNSEEN in rescored.path("README.md").read_text(encoding="utf-8")
