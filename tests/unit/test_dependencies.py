"""What an OSV record is against: hand-written records, the rules of the schema's own evaluation."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import LeagueError
from orchestration.operations import dependencies
from orchestration.operations.dependencies import Advisory, affects, known_against

TODAY = date(2026, 11, 22)


def record(name: str = "x", *events: dict[str, str], **fields: Any) -> dict[str, Any]:
    affected: dict[str, Any] = {"package": {"ecosystem": fields.pop("ecosystem", "PyPI"), "name": name}}
    if events:
        affected["ranges"] = [{"type": fields.pop("type", "ECOSYSTEM"), "events": list(events)}]
    if "versions" in fields:
        affected["versions"] = fields.pop("versions")
    return {"id": "PYSEC-1", "modified": "2026-11-20T10:00:00Z", "affected": [affected], **fields}


def introduced(version: str) -> dict[str, str]:
    return {"introduced": version}


def fixed(version: str) -> dict[str, str]:
    return {"fixed": version}


@pytest.mark.parametrize(
    ("one", "inside", "outside"),
    [
        (record("x", introduced("0"), fixed("2.0")), ["0.dev1", "1.9", "2.0rc1"], ["2.0", "2.0.post1", "10.0"]),
        (record("x", introduced("1.2")), ["1.2", "1.10", "1.2.post1"], ["1.1.9", "1.2rc1"]),
        (record("x", introduced("1"), {"last_affected": "1.4"}), ["1", "1.4", "1.4.0"], ["1.4.1", "0.9"]),
        (  # two lines of releases, in any order
            record("x", fixed("3.1"), introduced("3.0"), fixed("2.5"), introduced("0")),
            ["1", "2.4", "3.0"],
            ["2.5", "2.9", "3.1"],
        ),
        (record("x", versions=["1.0", "1.1"]), ["1.1"], ["1.2", "1.1.1"]),
        (record("x", introduced("2"), fixed("3"), versions=["1.0"]), ["1.0", "2.5"], ["1.1", "3"]),
        (record("x", introduced("0"), fixed("2004d")), ["1", "9"], []),  # cannot be read: taken to be against it
        (record("x", introduced("0"), type="GIT"), [], ["1"]),
        (record("x", introduced("0"), ecosystem="npm"), [], ["1"]),
        (record("other", introduced("0")), [], ["1"]),
    ],
)
def test_record_is_about_the_versions_it_names(one: dict[str, Any], inside: list[str], outside: list[str]) -> None:
    assert [version for version in inside if not affects(one, "x", version)] == []
    assert [version for version in outside if affects(one, "x", version)] == []


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(dependencies, "locked", lambda: {"x": "1.5", "typing-extensions": "4.1"})

    def write(*records: object) -> Path:
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for number, one in enumerate(records):
                archive.writestr(f"{number}.json", json.dumps(one))
        return tmp_path / "all.zip"

    return write


def test_advisory_of_several_names_is_told_once(export: Any) -> None:
    found, newest = known_against(
        export(
            record("X", introduced("0"), id="PYSEC-1", aliases=["CVE-1"], summary="Short"),
            record("other", introduced("0"), id="PYSEC-3", modified="2026-11-21T00:00:00Z"),
            record("x", introduced("0"), id="PYSEC-4", withdrawn="2026-01-01T00:00:00Z"),
            record("x", introduced("0"), id="GHSA-2", aliases=["CVE-2"]),
            record("Typing_Extensions", introduced("0"), id="GHSA-5", aliases=["CVE-1"]),
            record("x", introduced("0"), id="GHSA-1", aliases=["CVE-1"], summary="A longer one"),
            record("x", introduced("0"), fixed("1.5"), id="GHSA-6"),
        ),
        TODAY,
    )
    assert found == [
        Advisory(("CVE-1", "GHSA-5"), "typing-extensions 4.1", ""),
        Advisory(("CVE-1", "GHSA-1", "PYSEC-1"), "x 1.5", "A longer one"),
        Advisory(("CVE-2", "GHSA-2"), "x 1.5", ""),
    ]
    assert newest == "2026-11-21"


def test_somebody_answers_for_it_until_a_day(export: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"advisory": "CVE-1", "owner": "A Name", "reason": "Not used", "expires": TODAY}
    monkeypatch.setattr(dependencies, "ACCEPTED", tmp_path / "a.yml")
    dependencies.ACCEPTED.write_text(yaml.safe_dump({"accepted": [entry]}))
    archive = export(record("x", introduced("0"), aliases=["CVE-1"]))
    assert known_against(archive, TODAY)[0][0].accepted == "A Name, until 2026-11-22: Not used"
    assert known_against(archive, date(2026, 11, 23))[0][0].accepted is None
    for name in entry:
        dependencies.ACCEPTED.write_text(yaml.safe_dump({"accepted": [{**entry, name: 1}]}))
        with pytest.raises(LeagueError, match=rf"a\.yml, entry 1: {name}: found 1; expected a valid (string|date)"):
            known_against(archive, TODAY)


@pytest.mark.parametrize("content", [[], [{"id": "x"}], [[]], ["x"], [{"modified": 1}]])
def test_another_zip_is_refused(export: Any, content: list[object]) -> None:
    with pytest.raises(LeagueError, match=r"all\.zip is no export of OSV"):
        known_against(export(*content), TODAY)
    (path := export()).write_bytes(b"x")
    with pytest.raises(LeagueError, match=r"all\.zip is no export of OSV"):
        known_against(path, TODAY)


def test_departure_from_the_lock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = dependencies.locked()
    monkeypatch.setattr(dependencies, "locked", lambda: {**pins, "click": "1", "not-there": "2"} | {})
    assert list(dependencies.departures()) == [f"click is {pins['click']}, locked is 1", "not-there is not installed"]
    del pins["click"]
    monkeypatch.setattr(dependencies, "locked", lambda: pins)
    assert list(dependencies.departures()) == ["click is not in the lock"]
