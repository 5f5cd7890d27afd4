"""The record of decisions: what is found in it where somebody changed it, and what cannot be.

A chain has no secret. Who rewrites the record and `decisions.lock.json` together leaves two files that go with each
other: the last test shows it. Version control of that file, a receipt of `league verify`, or the sha256 that a decision
prints guard against it."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from orchestration.cli import league
from orchestration.errors import LeagueError
from orchestration.releases import decisions, shelf
from orchestration.releases.decisions import BEGINNING, Decision, Record
from orchestration.releases.release import Release
from orchestration.workspace.files import sha256_of_file
from tests.conftest import descriptor

Lines = list[bytes]


def bundle(data: Path, quarter: str = "2025-26-Q2", version: int = 1, synthetic: bool = False) -> Path:
    """A release of one table."""
    folder = data / "releases" / quarter / f"v{version}"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text(f"a\n{version}\n")
    (folder / "checks.json").write_text(json.dumps({"quarter": quarter, "checks": [], "files": []}))
    resources = [{"path": path.name, "hash": f"sha256:{sha256_of_file(path)}"} for path in folder.iterdir()]
    (folder / "datapackage.json").write_text(descriptor(resources, synthetic=synthetic, version=str(version)))
    return folder


def decide(release: Path, state: str, text: str) -> Decision:
    return shelf.decide(Release.read(release), state, text, lambda: None)


def approve(release: Path) -> Decision:
    return decide(release, "approved", "A Name")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Approved, withdrawn, reinstated and approved again; another release beside it is approved."""
    folder = bundle(tmp_path)
    approve(folder)
    decide(folder, "withdrawn", "RTT of two trusts")
    decide(folder, "reinstated", "it was right")
    decide(folder, "approved", "Another Name")
    approve(bundle(tmp_path, version=2))
    return folder


def record_of(release: Path) -> Path:
    return release.with_name(f"{release.name}.decisions.ndjson")


def heads_of(release: Path) -> Path:
    return release.parents[1] / decisions.HEADS


def lines(change: Callable[[Lines], Lines]) -> Callable[[Path], object]:
    def edit(release: Path) -> None:
        path = record_of(release)
        path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))

    return edit


def entry(number: int, **changed: Any) -> Callable[[Path], object]:
    """An entry with another field, its sha256 as it was."""
    return lines(lambda all_: [*all_[: number - 1], with_fields(all_[number - 1], **changed), *all_[number:]])


def with_fields(line: bytes, **changed: Any) -> bytes:
    return json.dumps(json.loads(line) | changed, sort_keys=True).encode() + b"\n"


def signed(about: dict[str, Any]) -> bytes:
    """An entry whose sha256 is right, as anybody can work it out."""
    return Decision.made(**{name: value for name, value in about.items() if name != "sha256"}).line()


def resigned(number: int, **changed: Any) -> Callable[[Path], object]:
    return lines(lambda all_: [*all_[: number - 1], signed(json.loads(all_[number - 1]) | changed), *all_[number:]])


def written_anew(all_: Lines) -> Lines:
    """The whole chain with another first name, every sha256 worked out again."""
    previous, found = BEGINNING, []
    for number, line in enumerate(all_):
        about = json.loads(line) | {"previous": previous} | ({"text": "Somebody Else"} if number == 0 else {})
        found.append(signed(about))
        previous = json.loads(found[-1])["sha256"]
    return found


def appended(all_: Lines) -> Lines:
    last = json.loads(all_[-1])
    return [*all_, signed(last | {"number": 5, "previous": last["sha256"], "text": "A Forger"})]


def heads(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def edit(release: Path) -> None:
        found = json.loads(heads_of(release).read_text())
        change(found)
        heads_of(release).write_text(json.dumps(found))

    return edit


def earlier_form(release: Path) -> None:
    """A record as they were before there were chains."""
    row = {"state": "approved", "by": "A Forger", "on": "2026-01-01", "package_sha256": "0" * 64}
    release.with_name("v1.approval.json").write_text(json.dumps([row]))


EDITS: dict[str, Callable[[Path], object]] = {
    "another name": entry(1, text="Somebody Else"),
    "another name at the end": entry(4, text="Somebody Else"),
    "another state": entry(2, state="approved"),
    "another time": entry(3, at="2020-01-01T00:00:00+00:00"),
    "another user": entry(1, user="nobody"),
    "other bytes approved": entry(4, package_sha256="0" * 64),
    "another name, its sha256 worked out again": resigned(2, text="Somebody Else"),
    "the last one, its sha256 worked out again": resigned(4, text="Somebody Else"),
    "the first taken out": lines(lambda all_: all_[1:]),
    "one in the middle taken out": lines(lambda all_: [*all_[:1], *all_[2:]]),
    "the last taken out": lines(lambda all_: all_[:-1]),
    "all taken out": lines(lambda all_: []),
    "the record gone": lambda release: record_of(release).unlink(),
    "two exchanged": lines(lambda all_: [all_[0], all_[2], all_[1], all_[3]]),
    "one put in": lines(lambda all_: [*all_[:2], signed(json.loads(all_[0]) | {"number": 3}), *all_[2:]]),
    "one twice": lines(lambda all_: [*all_, all_[-1]]),
    "one added that follows": lines(appended),
    "written anew from the first": lines(written_anew),
    "the record of another version": lambda release: shutil.copy(
        record_of(release.with_name("v2")), record_of(release)
    ),
    "cut within a line": lambda release: record_of(release).write_bytes(record_of(release).read_bytes()[:-20]),
    "the end of the last line gone": lambda release: record_of(release).write_bytes(
        record_of(release).read_bytes()[:-1]
    ),
    "a blank line": lines(lambda all_: [*all_[:1], b"\n", *all_[1:]]),
    "a line that is none": lines(lambda all_: [*all_, b"approved by me\n"]),
    "a field more": entry(4, note="all is well"),
    "the same in other letters": lines(lambda all_: [line.replace(b'": ', b'":') for line in all_]),
    "a record of the earlier form in its place": lambda release: [earlier_form(release), record_of(release).unlink()],
    "a record of the earlier form before it": earlier_form,
    "the head gone": heads(lambda found: found.pop("2025-26-Q2/v1")),
    "the file of heads gone": lambda release: heads_of(release).unlink(),
    "another head": heads(lambda found: found["2025-26-Q2/v1"].update(sha256="0" * 64)),
    "a head of fewer": heads(lambda found: found["2025-26-Q2/v1"].update(number=3)),
    "the file of heads damaged": lambda release: heads_of(release).write_text("{"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_changed_record_is_found_by_whoever_reads_it(release: Path, edit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOMENT", 0)  # nobody is recording
    assert Release.read(release).state()[0] == "approved"
    EDITS[edit](release)
    with pytest.raises(LeagueError, match=r"put the record and .* back from version control or a backup"):
        Release.read(release).state()
    with pytest.raises(LeagueError, match="back from version control"):
        decide(release, "withdrawn", "to paint over it")
    from orchestration.audit import verify  # imports pandas, which `test_wrong_commands.py` must not find here

    assert [found for found in verify._record_apart(Release.read(release)) if "back from version control" in found]


def test_record_and_head_rewritten_together_are_not_found_here(release: Path) -> None:
    """A receipt that has the sha256 of the entry, or version control, tells."""
    noted = Record(release).head
    lines(written_anew)(release)
    last = json.loads(record_of(release).read_bytes().splitlines()[-1])
    heads(lambda found: found.update({"2025-26-Q2/v1": last}))(release)
    assert Release.read(release).state()[0] == "approved"
    assert noted not in record_of(release).read_text()


def test_who_reads_while_somebody_records_waits_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two files: the head is written, the record is not yet."""
    folder, found = bundle(tmp_path), []
    approve(folder)
    write = decisions.write_atomically

    def slowly(path: Path, content: bytes) -> None:
        if path == record_of(folder):
            reader.start()
            time.sleep(decisions.MOMENT / 2)
        write(path, content)

    reader = threading.Thread(target=lambda: found.append(Release.read(folder).state()[0]))
    monkeypatch.setattr(decisions, "write_atomically", slowly)
    decide(folder, "withdrawn", "wrong")
    reader.join()
    assert found == ["withdrawn"]


def test_entry_says_who_when_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    folder = bundle(tmp_path)
    made = approve(folder)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", made.at)
    assert made.user.endswith(" (sudo by anna)") and "somebody-else" not in made.user
    assert (made.release, made.number, made.previous) == ("2025-26-Q2/v1", 1, BEGINNING)
    assert made.package_sha256 == Release.read(folder).package_sha256()
    assert json.loads(heads_of(folder).read_text()) == {"2025-26-Q2/v1": asdict(made)}
    assert Release.read(folder).state()[1].endswith(" UTC")


def test_second_of_two_clerks_is_refused(tmp_path: Path) -> None:
    """One decides while the other still looks at the question."""
    folder = bundle(tmp_path)

    def meanwhile() -> None:
        decide(folder, "withdrawn", "wrong")

    with pytest.raises(LeagueError, match=r"2025-26-Q2/v1 was withdrawn by \w+ at 20.* meanwhile: look again"):
        shelf.decide(Release.read(folder), "approved", "A Name", meanwhile)
    assert Release.read(folder).state()[0] == "withdrawn"


def test_two_clerks_at_the_same_moment(tmp_path: Path) -> None:
    folder, start, told = bundle(tmp_path), threading.Barrier(2), []

    def clerk() -> None:
        try:
            shelf.decide(Release.read(folder), "approved", "A Name", start.wait)
            told.append("recorded")
        except LeagueError as error:
            told.append(str(error))

    clerks = [threading.Thread(target=clerk) for _ in range(2)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    refused, recorded = sorted(told, key=lambda said: said == "recorded")
    assert recorded == "recorded" and re.search("somebody else is deciding|meanwhile: look again", refused)
    assert len(Record(folder).decisions) == 1


def test_record_of_the_earlier_form_is_read_and_the_chain_follows_it(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    earlier = folder.with_name("v1.approval.json")
    content = {"by": "A Name", "on": "2026-01-15", "package_sha256": Release.read(folder).package_sha256()}
    rows: list[dict[str, str]] = [{"state": "approved", **content}]
    earlier.write_text(json.dumps(rows))
    assert Release.read(folder).state() == ("approved", "A Name, 2026-01-15")
    made = decide(folder, "withdrawn", "wrong")
    assert (made.number, made.previous) == (2, sha256_of_file(earlier))
    assert [one.state for one in Record(folder).decisions] == ["approved", "withdrawn"]
    assert json.loads(earlier.read_text()) == rows
    for change in (lambda: earlier.write_text(json.dumps([*rows, *rows])), earlier.unlink):
        change()
        with pytest.raises(LeagueError, match="back from version control"):
            Release.read(folder).state()


@pytest.mark.parametrize("content", ["{", "[1]", "{}", '[{"state": "approved"}]', "null"])
def test_damaged_record_of_the_earlier_form_is_refused(tmp_path: Path, content: str) -> None:
    folder = bundle(tmp_path)
    folder.with_name("v1.approval.json").write_text(content)
    with pytest.raises(LeagueError, match="is damaged"):
        Release.read(folder).state()


def test_command_that_records_prints_the_entry_as_json(tmp_path: Path) -> None:
    release = bundle(tmp_path)
    command = ["approve", str(release), "--by", "A Name", "--yes", "--json"]
    said = CliRunner().invoke(league, command).stdout
    assert json.loads(said) == json.loads(Record(release).decisions[-1].line())


def test_every_command_prints_json() -> None:
    """But the one that prints a diff to be applied."""

    def commands(group: click.Group) -> Iterator[click.Command]:
        for command in group.commands.values():
            yield from commands(command) if isinstance(command, click.Group) else [command]

    without = {one.name for one in commands(league) if not any("--json" in option.opts for option in one.params)}
    assert without == {"propose"}
