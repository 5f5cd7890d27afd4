"""Releases on disk: whole or damaged, candidate, approved or withdrawn. Making one is not here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.release import Release
from orchestration.workspace.files import sha256_of_file


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "2025-26-Q2" / "v1"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("a\n1\n")
    resources = [{"path": "table.csv", "hash": f"sha256:{sha256_of_file(folder / 'table.csv')}"}]
    (folder / "datapackage.json").write_text(json.dumps({"resources": resources}))
    return folder


def test_new_release_is_a_candidate(release: Path) -> None:
    assert Release.read(release).state() == ("candidate", "nobody has approved it")
    assert list(Release.read(release).damage()) == []


def test_approval_names_who_and_leaves_the_bundle_alone(release: Path) -> None:
    before = {path.name: path.read_bytes() for path in release.iterdir()}
    shelf.approve(Release.read(release), "A Name")
    assert Release.read(release).state()[0] == "approved"
    assert Release.read(release).state()[1].startswith("A Name, 20")
    assert {path.name: path.read_bytes() for path in release.iterdir()} == before
    assert shelf.latest_version(release.parent) == 1


def test_approval_holds_for_the_bytes_it_was_given_for(release: Path) -> None:
    shelf.approve(Release.read(release), "A Name")
    whole = (release / "table.csv").read_text()
    (release / "table.csv").write_text("a\n2\n")
    assert Release.read(release).state()[0] == "candidate"
    (release / "table.csv").write_text(whole)
    assert Release.read(release).state()[0] == "approved"
    (release / "datapackage.json").write_text(json.dumps({"resources": []}))
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
        shelf.approve(Release.read(release), "A Name")
    assert Release.read(release).state()[0] == "candidate"


def test_withdrawn_release_says_why_and_is_not_approved_again(release: Path) -> None:
    shelf.approve(Release.read(release), "A Name")
    shelf.withdraw(Release.read(release), "RTT of two trusts was wrong")
    assert Release.read(release).state()[0] == "withdrawn"
    assert Release.read(release).state()[1].startswith("RTT of two trusts was wrong (20")
    with pytest.raises(LeagueError, match="was withdrawn: RTT of two trusts"):
        shelf.approve(Release.read(release), "A Name")
    assert (release / "table.csv").exists()


def test_folder_without_a_descriptor_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(LeagueError, match=r"is no release: it holds no datapackage\.json"):
        shelf.withdraw(Release.read(tmp_path), "why")


def test_damaged_descriptor_is_a_refusal_that_names_it(release: Path) -> None:
    (release / "datapackage.json").write_text('{"resources": [')
    with pytest.raises(LeagueError, match="is damaged: it is not JSON"):
        Release.read(release)


def test_record_that_broke_off_is_swept_by_the_next(release: Path) -> None:
    broken_off = release.parent / ".v1.approval.json.1.tmp"
    broken_off.write_text("[")
    assert Release.read(release).state()[0] == "candidate"
    shelf.approve(Release.read(release), "A Name")
    assert Release.read(release).state()[0] == "approved" and not broken_off.exists()
