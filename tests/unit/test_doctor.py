"""The doctor: each area as it should be, and as it should not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from orchestration.operations import dependencies, doctor, processes
from orchestration.operations.doctor import AMPLE_ROOM, ERROR, OK, ROOM, WARNING, Finding
from orchestration.quality import waivers
from orchestration.releases import shelf
from orchestration.sources import inventory, landing
from orchestration.sources.lock import read_lock
from orchestration.warehouse import project
from orchestration.workspace.files import sha256_of_file
from orchestration.workspace.paths import Workspace
from tests.conftest import descriptor
from tests.unit.test_inventory import data_file
from tests.unit.test_waivers import GOOD

TODAY = date(2025, 11, 1)
QUARTER = "2025-26-Q1"


@pytest.fixture(autouse=True)
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)


def no_instance() -> Iterator[Finding]:
    """In place of a look at that of Dagster."""
    yield Finding("instance", OK, "none")


@pytest.fixture
def workspace(extracts: Path, tmp_path: Path) -> Workspace:
    """A store and a lock of three files, no release."""
    data_file(extracts, "q1.csv", "Q1 2025/26")
    found = Workspace(tmp_path / "data")
    found.store.mkdir(parents=True)
    landing.take_in(inventory.survey(extracts), QUARTER, found)
    return found


def bundle(workspace: Workspace, version: int = 1, quarter: str = QUARTER) -> Path:
    folder = workspace.releases(quarter) / f"v{version}"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("a\n")
    listed = [{"path": "a.csv", "hash": f"sha256:{sha256_of_file(folder / 'a.csv')}"}]
    (folder / "datapackage.json").write_text(descriptor(listed))
    return folder


def states(findings: Iterator[Finding]) -> list[str]:
    found = list(findings)
    assert all(bool(one.to_do) == (one.state != OK) for one in found), found
    return [one.state for one in found]


def said(findings: Iterator[Finding]) -> str:
    return "\n".join(f"{one.state}: {one.found}" for one in findings)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "compiled", lambda project: True)
    assert states(doctor.environment()) == [OK, OK, OK]
    monkeypatch.setattr(project, "compiled", lambda project: False)
    monkeypatch.setattr(dependencies, "departures", lambda: iter([f"lib{n} is not installed" for n in range(7)]))
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.10.9")
    assert states(doctor.environment()) == [ERROR, ERROR, WARNING]
    assert "Python 3.10.9\n" in said(doctor.environment())
    found = said(doctor.environment())
    assert "lib0 is not installed, " in found and "lib4 is not installed and 2 more" in found


def test_advisories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[dependencies.Advisory] = []
    monkeypatch.setattr(dependencies, "known_against", lambda export, today: (found, "2025-10-30"))
    export = tmp_path / "all.zip"
    assert states(doctor.advisories(None, TODAY)) == [WARNING]
    assert states(doctor.advisories(export, TODAY)) == [OK]
    assert states(doctor.advisories(export, TODAY + timedelta(6))) == [OK, WARNING]
    found += [dependencies.Advisory(("A",), "x 1", "Bad"), dependencies.Advisory(("B",), "y 1", "Bad", "N, until then")]
    assert said(doctor.advisories(export, TODAY)) == "error: x 1: A Bad\nok: y 1: B Bad; accepted by N, until then"


def test_folders(workspace: Workspace, extracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look(room: int, folder: Path = extracts) -> list[str]:
        return states(doctor.folders(workspace, folder, lambda folder: room))

    assert (look(AMPLE_ROOM), look(AMPLE_ROOM - 1), look(ROOM - 1)) == ([OK, OK], [WARNING, WARNING], [ERROR, ERROR])
    assert look(AMPLE_ROOM, tmp_path / "none") == [OK, ERROR]
    assert look(AMPLE_ROOM, extracts / "q1.csv") == [OK, ERROR]
    monkeypatch.setenv("DAGSTER_HOME", "/proc")  # nobody writes there
    assert look(AMPLE_ROOM) == [OK, OK, ERROR]
    assert doctor.free_bytes(tmp_path) > 0


def test_store(workspace: Workspace) -> None:
    assert said(doctor.store(workspace)).startswith("ok: 3 files as stored")
    first, second, _ = sorted(path for path in workspace.store.rglob("*") if path.is_file())
    scratch = first.with_name(f".{first.name}.12.tmp")
    scratch.write_bytes(b"half")
    workspace.releases(QUARTER).mkdir(parents=True)
    (workspace.releases(QUARTER) / ".unfinished").mkdir()
    assert states(doctor.store(workspace)) == [WARNING, OK]
    assert f"left by a killed process: {scratch}, {workspace.releases(QUARTER) / '.unfinished'}" in said(
        doctor.store(workspace)
    )
    first.chmod(0o644)
    first.write_bytes(b"other")
    second.unlink()
    assert states(doctor.store(workspace)) == [ERROR, ERROR, WARNING]
    gone = next(one for one in read_lock(workspace).entries.values() if one.sha256 == second.name)
    assert f"error: changed: {first}\nerror: in force by the lock and not stored: {gone.file_name}" in said(
        doctor.store(workspace)
    )


def test_releases(workspace: Workspace) -> None:
    assert states(doctor.releases(workspace)) == []
    bundle(workspace), bundle(workspace, 2)
    other = bundle(workspace, 1, "2025-26-Q2")
    assert said(doctor.releases(workspace)).splitlines() == [
        "ok: 2025-26-Q1: 2 whole; v2 is candidate: nobody has approved it",
        "ok: 2025-26-Q2: 1 whole; v1 is candidate: nobody has approved it",
    ]
    (other / "a.csv").write_text("b\n")
    (workspace.releases(QUARTER) / "v1" / "datapackage.json").unlink()
    assert states(doctor.releases(workspace)) == [ERROR, ERROR]
    assert "2025-26-Q2 v1: a.csv was changed" in said(doctor.releases(workspace))
    assert "2025-26-Q1 v1: " in said(doctor.releases(workspace))


@pytest.mark.parametrize(
    ("written", "lacking"),
    [
        ("[]", "found []; expected a list of fields"),
        ("{}", "version is missing; contract_version is missing"),
        ("""{"resources": {}}""", "resources: found {}; expected a valid list"),
        (descriptor([{"path": "a"}]), "resources.0.hash is missing"),
        (descriptor([], sources=[{"file_name": "a.csv"}]), "sources.0.sha256 is missing"),
        (descriptor([], contract_version="three"), "contract_version: found 'three'; expected text of the form"),
    ],
)
def test_release_whose_descriptor_says_too_little_is_damaged(workspace: Workspace, written: str, lacking: str) -> None:
    (bundle(workspace) / "datapackage.json").write_text(written)
    found = said(doctor.releases(workspace))
    assert "datapackage.json is damaged: " in found and lacking in found


def test_copy_of_a_release_is_named_and_is_not_the_last_quarter(workspace: Workspace) -> None:
    bundle(workspace)
    bundle(workspace, quarter=f"{QUARTER} copy")
    assert states(doctor.releases(workspace)) == [OK, WARNING]
    assert f"named as no quarter is: {QUARTER} copy" in said(doctor.releases(workspace))
    assert shelf.quarters_released(workspace) == [QUARTER]


def test_clock_and_what_cannot_be_looked_at(
    workspace: Workspace, extracts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    retrieved = max(date.fromisoformat(one.retrieved) for one in read_lock(workspace).entries.values())
    assert states(doctor.clock(workspace, retrieved)) == [OK]

    def by_area(today: date) -> dict[str, list[str]]:
        found = list(doctor.examine(workspace, extracts, None, today, lambda folder: AMPLE_ROOM, no_instance))
        assert all(bool(one.to_do) == (one.state != OK) for one in found), found
        return {area: [one.state for one in found if one.area == area] for area in {one.area for one in found}}

    assert by_area(retrieved)["clock"] == [OK]
    assert by_area(retrieved - timedelta(days=2))["clock"] == [ERROR]
    workspace.lock_file.write_text("{")
    approval = bundle(workspace).with_name("v1.approval.json")
    approval.write_text("{")
    monkeypatch.setenv("LEAGUE_ALERT_EMAIL_TO", "a@example.org")
    found = by_area(retrieved)
    assert {area for area, seen in found.items() if ERROR in seen} == {
        "extracts",  # pins are in the lock
        "store",
        "clock",
        "sources",
        "releases",
        "alerts",
    }
    assert found["instance"] == [OK]
    assert set(found) == {*("environment", "advisories", "folders", "waivers", "instance"), *found}


def test_sources(workspace: Workspace) -> None:
    found = said(doctor.sources(workspace, TODAY))
    assert found.startswith("ok: last retrieved: nof_data ") and ", ods_etr " in found
    assert "error: 2025-26-Q1: " in found and "overdue, was expected by" in found
    assert "ok: due next: " in found
    bundle(workspace)
    assert "warning: 2025-26-Q1: " in said(doctor.sources(workspace, TODAY))
    before = said(doctor.sources(workspace, date(2025, 1, 1)))
    assert "error" not in before and "warning" not in before


def test_waivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waivers, "FILE", tmp_path / "waivers.yml")
    waivers.FILE.write_text(
        json.dumps({"waivers": [GOOD]}, default=str)
        .replace('"2026-01-10"', "2026-01-10")
        .replace('"2026-02-28"', "2026-02-28")
    )
    days = [date(2026, 2, 14), date(2026, 2, 15), date(2026, 2, 28), date(2026, 3, 1)]
    assert [states(doctor.waived(day)) for day in days] == [[OK], [WARNING, OK], [WARNING, OK], [ERROR, OK]]
    assert "2025-26-Q4 W1: land.rtt.key" in said(doctor.waived(days[1]))


def test_alerts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert states(doctor.alerts()) == [OK]
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert states(doctor.alerts()) == [WARNING]
    assert "no code server of DAGSTER_HOME runs that we may ask" in said(doctor.alerts())
    monkeypatch.setenv("LEAGUE_ALERT_WEBHOOK", "https://example.org/secret-path")
    assert "example.org" in said(doctor.alerts()) and "secret" not in said(doctor.alerts())
    for number, home, name in (("1", "/elsewhere", "no.example.org"), ("2", tmp_path, "its.example.org")):
        server = tmp_path / "proc" / number
        server.mkdir(parents=True)
        (server / "cmdline").write_text("python\0-m\0dagster\0api\0grpc\0-m\0orchestration.defs.definitions\0")
        (server / "stat").write_text(f"{number} (python) S")
        (server / "environ").write_text(f"DAGSTER_HOME={home}\0LEAGUE_ALERT_WEBHOOK=https://{name}/secret-path\0")
    monkeypatch.setattr(processes, "PROC", tmp_path / "proc")
    assert said(doctor.alerts()).count("its.example.org") == 1 and "secret" not in said(doctor.alerts())
    (server / "environ").write_text(f"DAGSTER_HOME={tmp_path}\0")
    assert states(doctor.alerts()) == [WARNING] and "the log of the instance alone" in said(doctor.alerts())
