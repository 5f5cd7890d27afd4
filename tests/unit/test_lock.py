"""The lock file: what it says of each file, what a new one changes in it, what a person may settle in it."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from difflib import ndiff
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from orchestration.errors import LeagueError
from orchestration.sources import lock as lock_module
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.inventory import Candidate, survey
from orchestration.sources.landing import land, take_in
from orchestration.sources.lock import Entry, changing, read_lock
from orchestration.sources.recognise import Subject
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import PROJECT, SOURCES, Workspace
from tests.unit.test_inventory import ae, ambsys, data_file

Q1, Q2 = "2025-26-Q1", "2025-26-Q2"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "data")


def statuses(workspace: Workspace) -> dict[tuple[str, str | None, str], str]:
    """By file name: a status names a file by the first digits of its hash."""
    entries = read_lock(workspace).entries.values()
    names = {entry.sha256: entry.file_name for entry in entries}
    return {
        (entry.file_name, entry.subject.period, entry.subject.part or "-"): " ".join(
            names.get(word, word) for word in entry.status.split()
        )
        for entry in entries
        if entry.subject.period
    }


def changed_lines(before: str, after: str) -> dict[str, list[str]]:
    lines = [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]
    return {sign: [line[1:].strip() for line in lines if line[0] == sign] for sign in "+-"}


def edit(workspace: Workspace, file_name: str, **fields: Any) -> None:
    """What a person does to the entries of a file, in an editor."""
    document = json.loads(workspace.lock_file.read_text())
    for sources in [*document["quarters"].values(), document["references"]]:
        for entries in sources.values():
            for entry in entries:
                if entry["file_name"] == file_name:
                    entry |= fields
    workspace.lock_file.write_text(json.dumps(document))


def used(inventory: pd.DataFrame) -> set[str]:
    return set(inventory.loc[(inventory["status"] == "used") & inventory["period"].notna(), "file_name"])


def test_lock_names_every_file_by_quarter_and_source(extracts: Path, workspace: Workspace, today: date) -> None:
    ae(extracts, "May-2025.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    document = json.loads(workspace.lock_file.read_text())
    assert list(document) == ["layout", "quarters", "references", "retired_sources"]
    assert {quarter: list(sources) for quarter, sources in document["quarters"].items()} == {
        Q1: ["ae", "ods_etr", "ods_trusts"]
    }
    assert document["references"] == {}
    (entry,) = document["quarters"][Q1]["ae"]
    path = extracts / "May-2025.csv"
    assert list(entry.items()) == [
        ("period", "2025-05"),
        ("part", None),
        ("file_name", "May-2025.csv"),
        ("sha256", sha256_of_file(path)),
        ("bytes", path.stat().st_size),
        ("url", "not recorded"),
        ("landing_page", known_sources()["ae"].landing_page),
        ("retrieved", today.isoformat()),
        ("maturity", "provisional"),
        ("etag", None),
        ("last_modified", None),
        ("pinned", None),
        ("status", "in force"),
    ]


def test_same_files_again_leave_the_lock_as_it_is(extracts: Path, workspace: Workspace) -> None:
    ambsys(extracts, "a.csv", "2025-4", "2025-5")
    take_in(survey(extracts), Q1, workspace)
    before = workspace.lock_file.read_bytes()
    (extracts / "a.csv").rename(extracts / "b.csv")
    take_in(survey(extracts), Q1, workspace)
    assert workspace.lock_file.read_bytes() == before


def test_next_quarter_only_adds_lines_wherever_they_belong(
    extracts: Path, workspace: Workspace, tmp_path: Path
) -> None:
    ae(extracts, "b.csv", "MAY-2025")
    ae(extracts, "a.csv", "AUGUST-2025")
    take_in(survey(extracts), Q1, workspace)
    before = workspace.lock_file.read_text()
    take_in(survey(extracts), Q2, workspace)
    changed = changed_lines(before, workspace.lock_file.read_text())
    assert changed["-"] == []
    assert '"file_name": "a.csv",' in changed["+"] and '"file_name": "b.csv",' not in changed["+"]
    other = Workspace(tmp_path / "other")
    for quarter in (Q2, Q1):
        take_in(survey(extracts), quarter, other)
    assert other.lock_file.read_bytes() == workspace.lock_file.read_bytes()


def test_revised_file_adds_its_lines_and_changes_one_status(extracts: Path, workspace: Workspace) -> None:
    for name, month in (("a", "APRIL-2025"), ("b", "MAY-2025"), ("c", "JUNE-2025")):
        ae(extracts, f"{name}.csv", month)
    take_in(survey(extracts), Q1, workspace)
    before = workspace.lock_file.read_text()
    ae(extracts, "b-v2.csv", "MAY-2025", value="2")
    take_in(survey(extracts), Q1, workspace)
    changed = changed_lines(before, workspace.lock_file.read_text())
    sha256 = sha256_of_file(extracts / "b-v2.csv")
    assert changed["-"] == ['"status": "in force"']
    assert f'"status": "superseded by {sha256}"' in changed["+"]
    assert len(changed["+"]) == 16  # a status, and thirteen fields in their braces
    assert statuses(workspace)["b.csv", "2025-05", "-"] == "superseded by b-v2.csv"
    assert statuses(workspace)["b-v2.csv", "2025-05", "-"] == "in force"


def test_file_about_two_quarters_stands_under_each(extracts: Path, workspace: Workspace) -> None:
    data_file(extracts, "q1.csv", "Q1 2025/26")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "q1.csv", retrieved="2025-09-09")
    data_file(extracts, "q2.csv", "Q1 2025/26", "Q2 2025/26", value="2.0")
    take_in(survey(extracts), Q2, workspace)
    assert statuses(workspace) == {
        ("q1.csv", Q1, "ambulance"): "superseded by q2.csv",
        ("q2.csv", Q1, "ambulance"): "in force",
        ("q2.csv", Q2, "ambulance"): "in force",
    }
    text = workspace.lock_file.read_text()
    assert text.index('"q1.csv"') < text.index('"q2.csv"') and text.count(sha256_of_file(extracts / "q2.csv")) == 3


def test_pin_is_of_one_quarter(extracts: Path, workspace: Workspace) -> None:
    data_file(extracts, "q1.csv", "Q1 2025/26", "Q2 2025/26")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "q1.csv", pinned="as ranked in September")
    data_file(extracts, "q3.csv", "Q1 2025/26", "Q2 2025/26", "Q3 2025/26", value="2.0")
    inventory = take_in(survey(extracts), Q2, workspace)
    rows = inventory[(inventory["status"] == "used") & inventory["period"].notna()]
    assert dict(zip(rows["quarter"], rows["file_name"], strict=True)) == {Q1: "q1.csv", Q2: "q3.csv"}


def test_nothing_leaves_the_lock_or_the_store(extracts: Path, workspace: Workspace, today: date) -> None:
    """A file replaced in place is superseded by the one that took its name; the day it came and its bytes stay."""
    ae(extracts, "a.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "a.csv", retrieved="2025-06-12", url="https://example.org/a.csv")
    (first,) = (entry for entry in read_lock(workspace).entries.values() if entry.source_id == "ae")
    ae(extracts, "a.csv", "MAY-2025", value="2")
    inventory = take_in(survey(extracts), Q1, workspace)
    entries = [entry for entry in read_lock(workspace).entries.values() if entry.source_id == "ae"]
    second = sha256_of_file(extracts / "a.csv")
    assert entries[0] == replace(first, status=f"superseded by {second}")
    assert (entries[1].sha256, entries[1].retrieved, entries[1].url) == (second, today.isoformat(), "not recorded")
    assert (workspace.store / first.sha256[:2] / first.sha256).exists()
    (extracts / "a.csv").unlink()
    ae(extracts, "b.csv", "JUNE-2025")
    take_in(survey(extracts), Q1, workspace)
    assert entries == [e for e in read_lock(workspace).entries.values() if e.file_name == "a.csv"]
    assert set(inventory.loc[inventory["source_id"] == "ae", "retrieved"]) == {today.isoformat()}


def test_what_the_lock_says_of_a_file_goes_into_the_inventory(extracts: Path, workspace: Workspace) -> None:
    """Also under a quarter that is asked for later: a file has come once."""
    data_file(extracts, "a.csv", "Q1 2025/26", "Q2 2025/26")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "a.csv", retrieved="2025-12-11", url="https://example.org/a.csv", maturity="final")
    inventory = take_in(survey(extracts), Q2, workspace)
    rows = inventory.loc[inventory["file_name"] == "a.csv", ["quarter", "url", "retrieved", "maturity"]]
    said = ["https://example.org/a.csv", "2025-12-11", "final"]
    assert rows.to_numpy().tolist() == [[Q1, *said], [Q2, *said]]


@pytest.mark.parametrize(
    ("name", "source_id", "maturity"),
    [
        ("x.csv", "ae", "provisional"),
        ("x-revised.csv", "ae", "revised"),
        ("x-v2.csv", "ae", "revised"),
        ("x-v1.csv", "ae", "provisional"),
        ("X-FINAL.xlsx", "cancer", "final"),
        ("X-FINAL-v2.xlsx", "cancer", "revised"),
        ("x.csv", "nof_data", "not stated"),
        ("final/x.csv", "nof_data", "not stated"),
    ],
)
def test_maturity_is_the_mark_in_the_name_or_the_publications(name: str, source_id: str, maturity: str) -> None:
    candidate = Candidate(Path(name), name, "", known_sources()[source_id], None, None, Subject(), None)
    assert candidate.maturity == maturity


def test_pin_holds_a_version_against_its_mark(extracts: Path, workspace: Workspace) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "a.csv", pinned="v2 lacks three trusts")
    ae(extracts, "a-v2.csv", "MAY-2025", value="2")
    inventory = take_in(survey(extracts), Q1, workspace)
    assert used(inventory) == {"a.csv"}
    reasons = inventory.set_index("file_name")["reason"]
    assert reasons["a.csv"] == "pinned: v2 lacks three trusts"
    assert reasons["a-v2.csv"] == "by a.csv; pinned: v2 lacks three trusts"
    assert statuses(workspace)["a-v2.csv", "2025-05", "-"] == "superseded by a.csv"
    edit(workspace, "a.csv", pinned=None)
    assert used(take_in(survey(extracts), Q1, workspace)) == {"a-v2.csv"}


def test_tie_is_entered_and_settled_by_a_pin(extracts: Path, workspace: Workspace) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    ae(extracts, "b.csv", "MAY-2025", value="2")
    with pytest.raises(
        LeagueError, match=r"^a\.csv and b\.csv .* which supersedes the other: .* or pin one in the lock; 2 of 2 rows"
    ):
        take_in(survey(extracts), Q1, workspace)
    tied = [("a.csv", "2025-05", "-"), ("b.csv", "2025-05", "-")]
    assert [statuses(workspace)[entry] for entry in tied] == ["undecided", "undecided"]
    edit(workspace, "b.csv", pinned="the publisher's mail of 12 June")
    assert used(take_in(survey(extracts), Q1, workspace)) == {"b.csv"}
    assert [statuses(workspace)[entry] for entry in tied] == ["superseded by b.csv", "in force"]
    edit(workspace, "a.csv", pinned="another opinion")
    with pytest.raises(
        LeagueError, match=r"^a\.csv and b\.csv .* and differ; both are pinned in the lock; 2 of 2 rows"
    ):
        take_in(survey(extracts), Q1, workspace)


def test_pinned_file_that_is_gone_stops_the_quarters_that_need_it(extracts: Path, workspace: Workspace) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    edit(workspace, "a.csv", pinned="v2 lacks three trusts")
    sha256 = sha256_of_file(extracts / "a.csv")
    (extracts / "a.csv").rename(extracts / "under another name.csv")
    assert used(take_in(survey(extracts), Q1, workspace)) == {"under another name.csv"}
    (extracts / "under another name.csv").unlink()
    ae(extracts, "a-v2.csv", "MAY-2025", value="2")
    ae(extracts, "b.csv", "DECEMBER-2025")
    message = rf"a\.csv \(sha256 {sha256}\) is pinned in the lock for ae 2025-05 and is not among the files$"
    for quarter in (Q1, Q2):
        with pytest.raises(LeagueError, match=message):
            take_in(survey(extracts), quarter, workspace)
    assert used(take_in(survey(extracts), "2025-26-Q3", workspace)) == {"b.csv"}


def test_retired_source_is_still_read_and_listed_for_ever(
    extracts: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    before = workspace.lock_file.read_text()
    described = (
        SOURCES / "ae.yml"
    ).read_text() + "retired: {since: 2026-04-01, reason: replaced by another collection}"
    retired = Source.model_validate(yaml.safe_load(described))
    monkeypatch.setattr(lock_module, "known_sources", lambda: known_sources() | {"ae": retired})
    build = workspace.build(Q1)
    inventory = take_in(survey(extracts), Q1, workspace)
    assert used(inventory) == {"a.csv"} and land(retired, inventory, build).rows == 2
    listed = {"ae": {"since": "2026-04-01", "reason": "replaced by another collection"}}
    document = json.loads(workspace.lock_file.read_text())
    listed |= {
        name: source.retired.model_dump(mode="json") for name, source in known_sources().items() if source.retired
    }
    assert document["retired_sources"] == listed and document["quarters"] == json.loads(before)["quarters"]
    monkeypatch.undo()
    take_in(survey(extracts), Q1, workspace)
    assert json.loads(workspace.lock_file.read_text())["retired_sources"] == listed


def test_source_without_a_description_is_refused(
    extracts: Path,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ae(extracts, "a.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    others = {name: source for name, source in known_sources().items() if name != "ae"}
    monkeypatch.setattr(lock_module, "known_sources", lambda: others)
    before = workspace.lock_file.read_bytes()
    with pytest.raises(LeagueError, match="names ae, not described in data/sources: retire"):
        take_in(survey(extracts), Q1, workspace)
    workspace.lock_file.write_text('{"layout": 2, "retired_sources": {"ae": {"since": "2026", "reason": "gone"}}}')
    with pytest.raises(LeagueError, match="names ae, not"):
        read_lock(workspace)
    assert b"ae" in before


ENTRY = {
    "period": "2025-05",
    "part": None,
    "file_name": "a.csv",
    "sha256": "0" * 64,
    "bytes": 1,
    "url": "not recorded",
    "landing_page": "not recorded",
    "retrieved": "2025-06-12",
    "maturity": "final",
}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not JSON: Expecting property name"),
        ("{}", "has the layout of an earlier version: move it away, the next build writes a new one$"),
        ([ENTRY, ENTRY], r"a\.csv \(sha256 0000"),
        ([ENTRY | {"maturity": "ripe"}], r"2025-26-Q1, ae, 1: maturity is 'ripe'; expected one of provisional, final"),
        ([ENTRY, {"period": None}], r"2025-26-Q1, ae, 2: not an entry: 'part'"),
        ([ENTRY | {"pined": "typing error"}], r"2025-26-Q1, ae, 1: not an entry: .*'pined'"),
        ([ENTRY | {"pinned": True}], r"2025-26-Q1, ae, 1: pinned is True; expected the reason, or null"),
        ([ENTRY | {"pinned": " "}], r"2025-26-Q1, ae, 1: pinned is ' '; expected the reason, or null"),
    ],
)
def test_lock_that_cannot_be_read_is_refused_and_left_alone(
    workspace: Workspace, document: str | list[dict[str, Any]], message: str
) -> None:
    if not isinstance(document, str):
        document = json.dumps({"layout": 2, "quarters": {Q1: {"ae": document}}})
    workspace.data_dir.mkdir()
    workspace.lock_file.write_text(document)
    with pytest.raises(LeagueError, match=message) as refused, changing(workspace):
        pass
    assert str(refused.value).startswith(str(workspace.lock_file))
    assert workspace.lock_file.read_text() == document


ONE_BY_ONE = """
import sys
from pathlib import Path
from orchestration.sources.lock import Entry, changing
from orchestration.sources.recognise import Subject
from orchestration.workspace.paths import Workspace
for number in range(int(sys.argv[3])):
    with changing(Workspace(Path(sys.argv[1]))) as lock:
        sha256 = f"{sys.argv[2]}{number}"
        lock.enter(Entry("ae", Subject(sys.argv[2]), "a.csv", sha256, 1, "-", "-", "2025-06-12", "final"))
"""


def entering(workspace: Workspace, quarter: str, entries: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", ONE_BY_ONE, str(workspace.data_dir), quarter, str(entries)]
    return subprocess.Popen(command, cwd=PROJECT)


def test_two_processes_lose_nothing_of_each_other(workspace: Workspace) -> None:
    """Each waits while another has the lock, and reads it only then."""
    with changing(workspace) as lock:
        others = [entering(workspace, quarter, 20) for quarter in (Q1, Q2)]
        with pytest.raises(subprocess.TimeoutExpired):
            others[0].wait(timeout=2)
        assert not workspace.lock_file.exists()
        lock.enter(Entry("ae", Subject("2025-26-Q4"), "a.csv", "0", 1, "-", "-", "2025-06-12", "final"))
    assert [process.wait(timeout=60) for process in others] == [0, 0]
    found = [entry.subject.quarter for entry in read_lock(workspace).entries.values()]
    assert {quarter: found.count(quarter) for quarter in found} == {Q1: 20, Q2: 20, "2025-26-Q4": 1}
    with (workspace.data_dir / "work" / "extracts.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_lock_of_before_references_had_quarters_is_read(extracts: Path, workspace: Workspace) -> None:
    """Its pins hold for every quarter, and the list that is read no more is left out."""
    ae(extracts, "May-2025.csv", "MAY-2025")
    take_in(survey(extracts), Q1, workspace)
    document = json.loads(workspace.lock_file.read_text())
    (entry,) = document["quarters"][Q1].pop("ods_etr")
    document["references"] = {"ods_etr": [{**entry, "pinned": "as reviewed"}], "ods_icbs": [entry]}
    workspace.lock_file.write_text(json.dumps(document))
    inventory = take_in(survey(extracts), Q1, workspace)
    etr = inventory[inventory["source_id"] == "ods_etr"]
    assert list(etr["reason"]) == ["pinned: as reviewed"]
