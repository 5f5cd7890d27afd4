"""Releases on disk: whole or damaged, candidate, approved or withdrawn. Making one is not here, nor what is found in a
record of decisions that somebody changed (`test_decisions.py`)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import league
from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.release import Release
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Workspace
from tests.conftest import descriptor
from tests.unit.test_decisions import approve, bundle, decide


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return bundle(tmp_path)


def test_new_release_is_a_candidate(release: Path) -> None:
    assert Release.read(release).state() == ("candidate", "nobody has approved it")
    assert list(Release.read(release).damage()) == []


def test_approval_names_who_and_leaves_the_bundle_alone(release: Path) -> None:
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    approve(release)
    assert Release.read(release).state()[0] == "approved"
    assert Release.read(release).state()[1].startswith("A Name, 20")
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before
    assert shelf.latest_version(release.parent) == 1


def test_approval_holds_for_the_bytes_it_was_given_for(release: Path) -> None:
    approve(release)
    whole = (release / "table.csv").read_text()
    (release / "table.csv").write_text("a\n2\n")
    assert Release.read(release).state()[0] == "candidate"
    (release / "table.csv").write_text(whole)
    assert Release.read(release).state()[0] == "approved"
    (release / "datapackage.json").write_text(descriptor([]))
    state, why = Release.read(release).state()
    assert state == "candidate" and why.startswith("A Name approved other bytes")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda folder: (folder / "table.csv").write_text("a\n2\n"), "table.csv was changed"),
        (lambda folder: (folder / "table.csv").unlink(), "table.csv is missing"),
        (lambda folder: (folder / "more.csv").touch(), "more.csv is not part of the release"),
    ],
    ids=["changed", "missing", "added"],
)
def test_damage_is_named_and_not_approved(release: Path, change: object, named: str) -> None:
    assert callable(change)
    change(release)
    assert [found for found in Release.read(release).damage() if found.startswith(named)]
    with pytest.raises(LeagueError, match=named):
        approve(release)
    assert Release.read(release).state()[0] == "candidate"


def test_withdrawn_release_says_why_and_is_not_approved_again(release: Path) -> None:
    approve(release)
    decide(release, "withdrawn", "RTT of two trusts was wrong")
    assert Release.read(release).state()[0] == "withdrawn"
    assert Release.read(release).state()[1].startswith("RTT of two trusts was wrong (20")
    with pytest.raises(LeagueError, match="was withdrawn: RTT of two trusts"):
        approve(release)
    assert (release / "table.csv").exists()


def test_folder_without_a_descriptor_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(LeagueError, match=r"is no release: it holds no datapackage\.json"):
        Release.read(tmp_path)


def test_damaged_descriptor_is_a_refusal_that_names_it(release: Path) -> None:
    (release / "datapackage.json").write_text('{"resources": [')
    with pytest.raises(LeagueError, match="is damaged: it is not JSON"):
        Release.read(release)


def test_withdrawal_can_be_taken_back_and_the_release_is_a_candidate_then(release: Path) -> None:
    approve(release)
    for state, why in (("withdrawn", "the wrong one"), ("reinstated", "it was v2 that is wrong")):
        with pytest.raises(LeagueError, match="say why"):
            decide(release, state, " \t")
        decide(release, state, why)
        with pytest.raises(LeagueError, match=r"is withdrawn already|is not withdrawn, it is candidate"):
            decide(release, state, why)
    state, why = Release.read(release).state()
    assert state == "candidate" and why.startswith("reinstated: it was v2 that is wrong (20")
    approve(release)
    assert Release.read(release).state()[0] == "approved"


def test_withdrawal_names_who_else_has_months_of_the_quarter(tmp_path: Path) -> None:
    def series(version: int, since: str) -> Path:
        made = bundle(tmp_path / "other", "2026-27-Q1", version)
        checks = json.loads((made / "checks.json").read_text())
        (made / "checks.json").write_text(json.dumps({**checks, "since": since}))
        resources = [
            {"path": path.name, "hash": f"sha256:{sha256_of_file(made / path.name)}"}
            for path in sorted(made.glob("[!d]*"))
        ]
        (made / "datapackage.json").write_text(descriptor(resources, version=str(version)))
        return shutil.move(made, tmp_path / "history" / "series" / f"v{version}")

    quarters = {quarter: bundle(tmp_path, quarter) for quarter in ("2025-26-Q3", "2025-26-Q4", "2026-27-Q1")}
    bundle(tmp_path, "2026-27-Q1", 2)  # a candidate
    (tmp_path / "history" / "series").mkdir(parents=True)
    for release in (*quarters.values(), series(1, "2025-26-Q1"), series(2, "2026-27-Q1")):
        approve(release)
    command = ["withdraw", "2025-26-Q4", "--reason", "A&E", "--yes", "--data-dir", str(tmp_path)]
    shown = CliRunner().invoke(league, command, catch_exceptions=False).output
    named = [line.split()[0] for line in shown.splitlines() if "has months of 2025-26-Q4, too" in line]
    assert named == [str(quarters["2026-27-Q1"]), str(tmp_path / "history" / "series" / "v1")]


def test_withdrawal_says_which_version_is_in_force_now(tmp_path: Path) -> None:
    releases = [bundle(tmp_path, "2025-26-Q4", version) for version in (1, 2, 3)]
    approve(releases[0])  # the second stays a candidate
    shown = []
    for release in (releases[2], releases[0]):
        command = ["withdraw", str(release), "--reason", "A&E", "--yes", "--data-dir", str(tmp_path)]
        shown.append(CliRunner().invoke(league, command, catch_exceptions=False).output)
    assert f"{releases[0]} is in force now" in shown[0]
    assert "no version is in force now" in shown[1]


def test_approval_of_a_revision_names_who_has_months_of_before_it(tmp_path: Path) -> None:
    after = bundle(tmp_path, "2026-27-Q1")
    approve(after)
    shown = []
    for version in (1, 2):
        bundle(tmp_path, "2025-26-Q4", version)
        command = ["approve", "2025-26-Q4", "--by", "A Person", "--yes", "--data-dir", str(tmp_path)]
        shown.append(CliRunner().invoke(league, command, catch_exceptions=False).output)
    said = f"{after} has months of 2025-26-Q4, too: where they were revised, build that quarter again"
    assert [said in one for one in shown] == [False, True]


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "-", "A\x1b[2J", "A\nB", "A" * 501])
def test_approval_names_a_person(release: Path, name: str) -> None:
    with pytest.raises(LeagueError, match=r"say who approves|a name or a reason is one line"):
        decide(release, "approved", name)
    assert not list(release.parent.glob("*.ndjson"))


def test_fictional_release_is_not_approved(tmp_path: Path) -> None:
    fictional = bundle(tmp_path, synthetic=True)
    with pytest.raises(LeagueError, match="made of fictional files: nobody can approve it"):
        approve(fictional)
    decide(fictional, "withdrawn", "a rehearsal")


@pytest.mark.parametrize("place", ["2025-26-Q2/v1", "releases/2025-26-Q2 copy/v1", "releases/2025-26-Q2/v2"])
def test_copy_is_not_decided_on(release: Path, tmp_path: Path, place: str) -> None:
    copy = shutil.copytree(release, tmp_path / "elsewhere" / place)
    for state in ("approved", "withdrawn"):
        with pytest.raises(LeagueError, match=r"is a copy: decide on the one .* as releases/2025-26-Q2/v1"):
            decide(copy, state, "A Name")
    assert not list((tmp_path / "elsewhere").rglob("*decisions*"))


def test_who_declines_records_nothing(release: Path) -> None:
    def no() -> None:
        raise LeagueError("nothing recorded")

    with pytest.raises(LeagueError, match="nothing recorded"):
        shelf.decide(Release.read(release), "approved", "A Name", no)
    assert Release.read(release).state()[0] == "candidate"


def test_what_is_there_is_listed_where_something_is_not(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(LeagueError, match=r"no release in .*; there is none; league build --extracts FOLDER"):
        shelf.find(workspace)
    bundle(tmp_path), bundle(tmp_path, version=2)
    assert shelf.find(workspace).folder.name == shelf.find(workspace, "2025-26-Q2", 2).folder.name == "v2"
    there = "there is 2025-26-Q2 v1, 2025-26-Q2 v2; league build"
    for quarter, version, said in (("2025-26-Q1", None, "of 2025-26-Q1 in"), ("2025-26-Q2", 3, "of 2025-26-Q2 v3 in")):
        with pytest.raises(LeagueError, match=f"no release {said} .*; {there}"):
            shelf.find(workspace, quarter, version)


def test_record_that_broke_off_is_swept_by_the_next(release: Path) -> None:
    broken_off = release.parent / ".v1.decisions.ndjson.1.tmp"
    broken_off.write_text("[")
    assert Release.read(release).state()[0] == "candidate"
    approve(release)
    assert Release.read(release).state()[0] == "approved" and not broken_off.exists()
