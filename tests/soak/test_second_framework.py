"""A quarter under a framework of trusts that is in the seeds and was not in force: all of the command `league rescore`,
in a copy of the project."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from decimal import Decimal
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
        for name in ("orchestration", "dbt_project", "expectations", "data/sources", "docs"):
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


def counted(release: Release) -> pd.DataFrame:
    """Scores of trusts that count."""
    return release.table("metric_scores").query("league != 'icb' and counted and score_exact.notna()")


def test_metrics_have_the_weights_of_the_new_framework(rescored: Release, built_first: Built) -> None:
    """All but those whose scores are published: nobody published any by its rules."""
    key = ["organisation_code", "metric_id"]
    old = counted(Release.read(built_first.release)).query("score_basis == 'computed' and metric_id != @DROPPED")
    expected = old["weight"].where(old["metric_id"] != WEIGHED, Decimal(2))
    ours = counted(rescored).set_index(key)["weight"]
    assert ours.to_dict() == dict(zip(old.set_index(key).index, expected, strict=True))
    assert len(ours) > 2_000 and (ours == 2).sum() > 100


def test_averages_segments_and_ranks_go_by_them(rescored: Release) -> None:
    averages = {}
    for code, held in counted(rescored).groupby("organisation_code"):
        weights = [Fraction(weight).limit_denominator(100) for weight in held["weight"]]
        total = sum((w * Fraction(s) for w, s in zip(weights, held["score_exact"], strict=True)), Fraction(0))
        averages[code] = half_up((total / sum(weights)).limit_denominator(10**8), 2)
    table = rescored.table("league_table").query("framework == @NEW and rank.notna()").set_index("organisation_code")
    assert len(table) > 150
    assert table["average_score"].to_dict() == {code: averages[code] for code in table.index}
    assert table["segment_unadjusted"].to_dict() == segments(averages)
    for _, league in table.groupby("league"):
        places = {code: (row["segment"], averages[code]) for code, row in league.iterrows()}
        assert league["rank"].to_dict() == competition_ranks(places)


def test_metric_that_no_file_has_is_missing_and_stops_nothing(rescored: Release) -> None:
    values = rescored.table("metric_values").query("metric_id == @UNSEEN")
    assert set(values["status"]) == {"missing"}
    missing = rescored.table("league_coverage").set_index("league")["metrics_missing"]
    assert UNSEEN in missing["acute"]
