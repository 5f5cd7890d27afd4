"""Rules that a real release carries count where the seeds have none, or wrong ones. On dbt alone, with landed files."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from orchestration.audit.framework import compare
from orchestration.audit.proposal import propose
from orchestration.releases.release import Release
from orchestration.workspace.paths import DBT_PROJECT, PROJECT, SEEDS

OFFICIAL = ["rank", "average_score", "segment_unadjusted", "segment", "final_segment", "rank_without_override"]
RENAMED = {"OF0057": "OF0957", "OF1057": "OF1957", "OF1082": "OF1682", "OF4003": "OF4093", "OF5002": "OF5902"}
QUARTERS = ["2025-26-Q1", "2025-26-Q2"]
LEAGUE = "mental_health_community"
Again = Callable[..., Path]


@pytest.fixture(scope="module")
def before(real_quarters: dict[str, Any]) -> Path:
    """The working folder of the quarters."""
    folder: Path = real_quarters[QUARTERS[0]].build.folder
    return folder


@pytest.fixture
def again(before: Path, tmp_path: Path) -> Again:
    """Runs dbt, with its tests, on a copy of the warehouse; returns the warehouse. Every critical test passes."""

    def run(project: Path = DBT_PROJECT, landed: Path = before / "landed", seeded: bool = True) -> Path:
        warehouse = tmp_path / "warehouse.duckdb"
        shutil.copy(before / "warehouse.duckdb", warehouse)
        command = [str(Path(sys.executable).parent / "dbt"), "build", "--exclude-resource-type", "unit_test"]
        command += ["--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(tmp_path / "t")]
        command += ["--log-path", str(tmp_path), "--vars", f"{{seeded_framework_rules: {str(seeded).lower()}}}"]
        places = {"LEAGUE_WAREHOUSE": str(warehouse), "LEAGUE_LANDED": str(landed), "PYTHONPATH": str(PROJECT)}
        ran = subprocess.run(command, env=os.environ | places, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-3000:]
        return warehouse

    return run


def rows(warehouse: Path, table: str, quarter: str) -> pd.DataFrame:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(f"select * from {table} where quarter = ?", [quarter]).df()


def official(warehouse: Path, quarter: str) -> pd.DataFrame:
    league = rows(warehouse, "rank.trust_league_table", quarter)
    ranked = league[league["league"] == LEAGUE].set_index("organisation_code").sort_index()
    assert ranked["rank"].notna().sum() == 61
    return ranked[OFFICIAL]


def domain_scores(warehouse: Path, quarter: str) -> list[Any]:
    table = rows(warehouse, "rank.domain_league_table", quarter)
    table = table[table["league"] == LEAGUE]
    return sorted(zip(table["organisation_code"], table["domain_score"], table["domain_segment"], strict=True), key=str)


def assert_same_release(after: Path, before: Path, quarter: str) -> None:
    pd.testing.assert_frame_equal(official(after, quarter), official(before / "warehouse.duckdb", quarter))
    assert domain_scores(after, quarter) == domain_scores(before / "warehouse.duckdb", quarter)
    assert not (rows(after, "rank.reconciliation", quarter)["status"] == "unexplained").any()


def test_without_any_seed_of_the_framework(before: Path, again: Again) -> None:
    after = again(seeded=False)
    for quarter in QUARTERS:
        assert_same_release(after, before, quarter)
        rules = rows(after, "metric.framework_rules", quarter)
        assert set(rules["origin"]) == {"release"} and set(rules["label"]) == {"discovered"}
        status = rows(after, "rank.reconciliation", quarter).groupby("measure")["status"].agg(set)
        for measure in ("metric_score", "domain_score", "average_score", "unadjusted_segment", "adjusted_segment"):
            assert status[measure] == {"agrees_by_construction"}, measure
        assert status["league_rank"] == {"agrees"}
        assert rows(after, "metric.release_contradictions", quarter).empty


def test_ids_that_the_seeds_do_not_know(before: Path, again: Again, tmp_path: Path) -> None:
    landed = tmp_path / "landed"
    shutil.copytree(before / "landed", landed, copy_function=os.link)
    for path in landed.glob("nof_data.*parquet"):
        figures = pd.read_parquet(path)
        figures["metric_id"] = figures["metric_id"].str.strip().replace(RENAMED)
        path.unlink()
        figures.to_parquet(path)
    after = again(landed=landed)
    for quarter in QUARTERS:
        assert_same_release(after, before, quarter)
        rules = rows(after, "metric.framework_rules", quarter).set_index(["subject", "rule"])
        assert rules.loc[("OF1957", "scoring_rule"), "origin"] == "release"
        assert rules.loc[("OF1005", "scoring_rule"), "origin"] == "seed"


def test_wrong_seeds_are_named_and_do_not_count(before: Path, again: Again, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target"))
    change(project, "metrics", {"metric_id": "OF0057"}, floor="75")
    change(project, "metrics", {"metric_id": "OF0067"}, weight="0.5")
    change(project, "metrics", {"metric_id": "OF0016"}, polarity="lower")
    change(project, "population_sizes", {"metric_id": "OF0005"}, population_size="150")
    change(project, "score_matrix", {"row_score": "1", "column_score": "1"}, score="4")
    change(project, "frameworks", {"framework": "nof-2025-26"}, override_segment="4")
    after = again(project=project)
    for quarter in QUARTERS:
        assert_same_release(after, before, quarter)
        said = rows(after, "metric.release_contradictions", quarter)
        assert set(said["kind"]) == {"seed_contradicted"}
        about = said["published_id"].fillna("league")
        assert set(zip(about, said["found"].str.split(" ").str[0], strict=True)) == {
            ("OF1057", "floor"),
            ("OF1067", "weight"),
            ("OF1016", "polarity"),
            ("OF1005", "population_size"),
            ("OF1080", "matrix"),
            ("league", "override"),
        }


def change(project: Path, seed: str, of: dict[str, str], **new: str) -> None:
    path = project / "seeds" / f"{seed}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    changed = [row for row in found if of.items() <= row.items()]
    assert changed
    for row in changed:
        row.update(new)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


def test_seeds_say_all_that_the_releases_show_and_what_changed(real_quarters: dict[str, Any]) -> None:
    """What changed is what the seeds have a row a quarter of."""
    releases = [Release.read(real_quarters[quarter].release) for quarter in QUARTERS]
    for release in releases:
        proposal = propose(release)
        assert proposal.notes == [] and proposal.diff(SEEDS) == ""
    changed: dict[str, set[str]] = {}
    for change in compare(*releases):
        assert change.league == LEAGUE and change.before and change.after
        changed.setdefault(change.rule, set()).add(change.about)
    assert changed["population_size"] == {"OF0005", "OF0016", "OF0041", "OF0057", "OF0086"}
    assert changed["precision"] == {"OF0005", "OF0016", "OF0063"}  # of OF0057 either fits
    scopes = {"overall", "Finance and productivity", "People and workforce", "Effectiveness and experience"}
    assert changed["cut_points"] == scopes  # one set fits the other two
    assert set(changed) == {"population_size", "precision", "cut_points"}
