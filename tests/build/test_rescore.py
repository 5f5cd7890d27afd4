"""A quarter under the seeded rules of a framework: the same scores where the release goes with the seeds, experimental
wherever it is named, and apart from what is official."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.defs import in_process
from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.decisions import APPROVED
from orchestration.releases.release import Release
from orchestration.workspace.paths import Workspace
from tests.conftest import Built, League, silent

QUARTER, FRAMEWORK = "2025-26-Q1", "nof-2025-26"
SCORE = ["league", "organisation_code", "metric_id", "value_basis"]


@pytest.fixture(scope="module")
def rescored(first_quarter: Path, once: Any) -> Release:
    def run(data: Path) -> Any:
        return in_process.run_quarters("quarter", [QUARTER], first_quarter, data, silent, framework=FRAMEWORK)

    _, (outcome,) = once("data-rescored", run)
    assert outcome.problems == ()
    return Release.read(outcome.release)


def test_scores_are_those_of_the_release_where_it_goes_with_the_seeds(rescored: Release, built_first: Built) -> None:
    official = Release.read(built_first.release).table("metric_scores").set_index(SCORE)
    ours = rescored.table("metric_scores").set_index(SCORE)
    assert set(ours.index) == set(official.index)
    compared = official.join(ours, rsuffix="_rescored").query("label != 'discovered'")
    assert compared["score_exact"].count() > 2_000
    for column in ("score_exact", "score_basis", "weight", "counted"):
        pd.testing.assert_series_equal(compared[column], compared[f"{column}_rescored"], check_names=False)


def test_nothing_is_taken_from_what_the_release_shows_of_its_rules(rescored: Release, built_first: Built) -> None:
    found = ("framework_rules", "release_contradictions")
    assert [rescored.count(table) for table in found] == [0, 0]
    assert Release.read(built_first.release).count("framework_rules") > 0


def test_it_is_labelled_experimental_everywhere(rescored: Release) -> None:
    folder, package = rescored.folder, rescored.package
    assert package["rescored_under"] == rescored.framework == FRAMEWORK
    assert package["title"] == f"FICTIONAL: EXPERIMENTAL: NHS league tables {QUARTER} under {FRAMEWORK}, version 1"
    assert package["description"].startswith(f"Not official: scored under the rules of {FRAMEWORK}, ")
    for name in ("README.md", "dictionary.md", "audit.html", "csv-metadata.json"):
        assert package["description"] in (folder / name).read_text(encoding="utf-8"), name
    (workbook,) = folder.glob("*.xlsx")
    with zipfile.ZipFile(workbook) as parts:
        assert package["description"] in parts.read("xl/sharedStrings.xml").decode()
    for path in [folder / "dcat.jsonld", folder / "prov.json", folder / "openlineage.ndjson", *folder.glob("*.svg")]:
        assert "EXPERIMENTAL: " in path.read_text(encoding="utf-8"), path.name
    assert rescored.standing().startswith("FICTIONAL: EXPERIMENTAL: candidate: Not official")
    assert set(rescored.table("metric_scores")["label"]) == {"experimental", "unknown"}
    assert set(rescored.table("segment_cut_points")["label"]) == {"experimental"}
    assert set(rescored.table("league_table")["framework_status"]) == {"experimental"}


def test_it_lies_apart_and_nobody_approves_it(rescored: Release, built_first: Built) -> None:
    workspace = Workspace(rescored.folder.parents[2])
    assert rescored.folder == workspace.rescored(QUARTER, FRAMEWORK) / "v1"
    assert shelf.quarters_released(workspace) == []  # of which the site is made
    assert shelf.find(workspace, framework=FRAMEWORK) == rescored
    with pytest.raises(LeagueError, match=r"no release in .*; there is none; league build "):
        shelf.find(workspace)
    with pytest.raises(LeagueError, match=r"no release under icb-2026-27 .* league rescore --framework icb-2026-27 "):
        shelf.find(workspace, framework="icb-2026-27")
    for name in ("openlineage.ndjson", "audit.html"):
        said = (rescored.folder / name).read_text()
        assert f"history/{rescored.folder.parent.name}/v1" in said and f"releases/{QUARTER}/v1" not in said
    real = Release(rescored.folder, rescored.package | {"synthetic": False})
    with pytest.raises(LeagueError, match="is experimental: nobody can approve it"):
        shelf.decide(real, APPROVED, "A Name", lambda: None)
    with pytest.raises(LeagueError, match=f"is scored under the rules of {FRAMEWORK}, and the other is not"):
        shelf.require_same_kind(Release.read(built_first.release), rescored)
    with pytest.raises(LeagueError, match="holds fictional releases"):
        shelf.require_one_kind(workspace, synthetic=False)


def test_it_is_built_again_under_the_same_framework(
    rescored: Release, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str | None] = []

    def run(*about: object, framework: str | None, **more: object) -> in_process.Outcome:
        asked.append(framework)
        return in_process.Outcome(QUARTER, (), rescored.folder, False)

    monkeypatch.setattr(in_process, "run_quarter", run)
    assert in_process.rebuild(silent, rescored.folder, in_process.Quarter(QUARTER), tmp_path) == rescored.folder
    assert asked == [FRAMEWORK]


def test_status_lists_it_apart_from_the_quarters(rescored: Release) -> None:
    told = CliRunner().invoke(cli.league, ["status", "--json", "--data-dir", str(rescored.folder.parents[2])])
    facts = json.loads(told.output)
    assert facts["quarters"] == []
    (one,) = facts["history"]
    assert one["name"] == f"{QUARTER}-under-{FRAMEWORK}"
    assert [(version["version"], version["state"]) for version in one["versions"]] == [(1, "candidate")]


def test_it_is_shown_and_traced_where_its_framework_is_named(rescored: Release) -> None:
    data = str(rescored.folder.parents[2])
    first = rescored.table("league_table").query("rank == 1")["organisation_code"].iloc[0]
    for words in (("show", "--league", "acute"), ("trace", first)):
        told = CliRunner().invoke(cli.league, [*words, "--framework", FRAMEWORK, "--data-dir", data])
        assert (told.exit_code, "EXPERIMENTAL: " in told.output) == (0, True), told.output


def test_quarter_that_no_file_has_values_of_is_refused(first_quarter: Path, tmp_path: Path, league: League) -> None:
    words = ("rescore", "--extracts", first_quarter, "--framework", FRAMEWORK, "--data-dir", tmp_path)
    code, told = league(*words, "--quarter", QUARTER, "--quarter", "2025-26-Q4")
    assert (code, "has values of 2025-26-Q4; there is 2025-26-Q1" in " ".join(told.split())) == (1, True), told
    assert not (tmp_path / "history").exists()
