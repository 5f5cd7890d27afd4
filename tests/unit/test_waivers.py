"""Waivers: what an entry must say, and when it no longer holds. What they do to a gate is in the integration tests."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.errors import GateError
from orchestration.quality import waivers

Q = "2025-26-Q4"
GOOD = {
    "id": "W1",
    "check": "land.rtt.key",
    "quarter": Q,
    "owner": "A Name",
    "reason": "Two rows twice",
    "issue": "#12",
    "granted": date(2026, 1, 10),
    "expires": date(2026, 2, 28),
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def write(*entries: dict[str, Any]) -> None:
        path = tmp_path / "waivers.yml"
        path.write_text(yaml.safe_dump({"waivers": list(entries)}))
        monkeypatch.setattr(waivers, "FILE", path)

    return write


def test_project_waives_nothing_that_has_expired() -> None:
    for entry in yaml.safe_load(waivers.FILE.read_text(encoding="utf-8"))["waivers"]:
        waivers.refuse_expired(entry["quarter"], date.today())


def test_waiver_is_of_its_quarter(written: Any) -> None:
    written(GOOD)
    assert [waiver.id for waiver in waivers.waivers(Q)] == ["W1"]
    assert waivers.waivers("2025-26-Q3") == []


def test_last_day_holds_and_the_next_does_not(written: Any) -> None:
    written(GOOD)
    waivers.refuse_expired(Q, date(2026, 2, 28))
    waivers.refuse_expired("2025-26-Q3", date(2027, 1, 1))
    with pytest.raises(GateError, match=r"W1: land\.rtt\.key, A Name, until 2026-02-28, #12\. Two rows twice"):
        waivers.refuse_expired(Q, date(2026, 3, 1))


@pytest.mark.parametrize("name", GOOD)
def test_every_field_is_needed(written: Any, name: str) -> None:
    written({key: value for key, value in GOOD.items() if key != name})
    with pytest.raises(GateError, match=rf"waiver 1: .*{name}"):
        waivers.waivers(Q)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("expires", datetime(2026, 2, 28, 9)),
        ("owner", " "),
        ("reason", ""),
        ("expires", "soon"),
        ("granted", 2026),
        ("quarter", "2025/26-Q4"),
        ("quarter", "2052-53-Q4"),
        ("colour", "red"),
    ],
)
def test_field_of_the_wrong_kind_is_named(written: Any, name: str, value: Any) -> None:
    written(GOOD, {**GOOD, "id": "W2", name: value})
    with pytest.raises(GateError, match=rf"waiver 2: .*{name}"):
        waivers.waivers(Q)


def test_waiver_that_expires_before_it_is_granted_is_refused(written: Any) -> None:
    written({**GOOD, "expires": date(2026, 1, 9)})
    with pytest.raises(GateError, match="waiver 1: granted on 2026-01-10, expires before that"):
        waivers.waivers(Q)


def test_file_without_entries_waives_nothing_and_a_word_is_no_entry(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(waivers, "FILE", tmp_path / "waivers.yml")
    waivers.FILE.write_text("waivers:\n")
    assert waivers.waivers(Q) == []
    waivers.FILE.write_text("waivers: [all]\n")
    with pytest.raises(GateError, match="waiver 1: found 'all'; expected a list of fields"):
        waivers.waivers(Q)


def test_same_check_or_id_twice_is_refused(written: Any) -> None:
    written(GOOD, {**GOOD, "id": "W2"})
    with pytest.raises(GateError, match=r"check land\.rtt\.key stands there twice"):
        waivers.waivers(Q)
    written(GOOD, {**GOOD, "check": "land.rtt.rows", "quarter": "2025-26-Q3"})
    with pytest.raises(GateError, match="id W1 stands there twice"):
        waivers.waivers(Q)
