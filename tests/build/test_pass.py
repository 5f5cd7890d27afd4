"""Several quarters in one pass: which quarters a run is about, and what happens where a pass stops. That a pass gives
the bytes of separate builds is in the soak lane, on real quarters."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from orchestration import second_process
from orchestration.defs import assets, in_process, resources
from orchestration.defs.in_process import Outcome
from orchestration.defs.resources import END, LISTED, START
from orchestration.errors import LeagueError
from orchestration.quality.checks import Check
from orchestration.releases import publish
from orchestration.workspace.paths import Build, Workspace

Q1, Q2, Q3, Q4 = (f"2025-26-Q{number}" for number in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("tags", "quarters"),
    [
        ({"dagster/partition": Q2}, [Q2]),
        ({START: Q1, END: Q3}, [Q1, Q2, Q3]),
        ({"dagster/partition": Q4, LISTED: f"{Q1},{Q4}"}, [Q1, Q4]),
    ],
    ids=["one", "a backfill", "by command"],
)
def test_quarters_of_a_run(tags: dict[str, str], quarters: list[str]) -> None:
    assert list(resources._quarters(tags)) == quarters


class Runs:
    """Stands for the runs of a job: which quarters each had, and how it ended."""

    def __init__(self, stops: set[str]) -> None:
        self.stops = stops
        self.made: list[list[str]] = []

    def __call__(self, job: str, quarters: list[str], *about: Any, **named: Any) -> list[Outcome]:
        self.made.append([str(quarter) for quarter in quarters])
        problems = ("a check failed",) if self.stops & {*quarters} else ()
        return [Outcome(quarter, problems, None if problems else Path(quarter), not problems) for quarter in quarters]


def outcomes(monkeypatch: pytest.MonkeyPatch, runs: Runs, *quarters: str) -> list[Outcome]:
    monkeypatch.setattr(in_process, "_run", runs)
    return in_process.run_quarters("quarter", quarters, Path("extracts"), Path("data"), lambda kind, step: None)


def test_pass_that_goes_through_is_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(stops=set())
    assert [one.quarter for one in outcomes(monkeypatch, runs, Q4, Q1, Q4)] == [Q1, Q4]
    assert runs.made == [[Q1, Q4]]


def test_fault_stops_the_quarter_it_is_in_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(stops={Q2})
    found = outcomes(monkeypatch, runs, Q1, Q2, Q3)
    assert runs.made == [[Q1, Q2, Q3], [Q1], [Q2], [Q3]]
    assert [(one.quarter, bool(one.problems)) for one in found] == [(Q1, False), (Q2, True), (Q3, False)]


def test_quarter_that_cannot_be_built_stops_everything_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = Runs(stops=set())
    with pytest.raises(LeagueError, match="2024-25-Q4 is not a quarter that can be built"):
        outcomes(monkeypatch, runs, Q1, "2024-25-Q4")
    assert runs.made == []


@pytest.fixture
def publishing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Build, list[tuple[str, bool]]]]:
    """A build of three quarters whose gates are open, and which were published, each by itself or with help. The second
    process is a slow thread."""
    published: list[tuple[str, bool]] = []

    def one(build: Build, quarter: str, checks: list[Check], synthetic: bool, alone: bool) -> str:
        if quarter == Q2:
            time.sleep(0.2)
        if quarter == Q1 and (tmp_path / "full").exists():
            raise OSError("no space left on device")
        published.append((quarter, alone))
        return quarter

    monkeypatch.setattr(publish, "_publish", one)
    for name in ("evidence_of_all_gates", "of_quarter", "is_fictional_build", "require_one_kind"):
        monkeypatch.setattr(publish, name, lambda *about: [])
    with ThreadPoolExecutor(max_workers=1) as thread:
        monkeypatch.setattr(second_process, "begin", thread.submit)
        yield Workspace(tmp_path).build(Q1, Q2, Q4), published


def test_releases_are_made_two_at_a_time_and_told_in_order(publishing: tuple[Build, list[tuple[str, bool]]]) -> None:
    build, published = publishing
    assert list(map(str, publish.publish(build))) == [Q1, Q2, Q4]
    assert published == [(Q1, True), (Q2, True), (Q4, False)]  # the last has the second process for its workbooks


def test_nobody_is_writing_when_a_release_has_failed(publishing: tuple[Build, list[tuple[str, bool]]]) -> None:
    build, published = publishing
    (build.workspace.data_dir / "full").touch()
    with pytest.raises(OSError, match="no space left"):
        publish.publish(build)
    assert published == [(Q2, True)]


def test_whoever_interrupts_a_pass_is_not_given_a_build_of_each_quarter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Dagster takes the signal for the failure of a step."""
    started: list[str] = []

    def interrupted(folder: Path, workspace: Workspace) -> None:
        started.append(str(folder))
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(assets, "survey", interrupted)
    with pytest.raises(KeyboardInterrupt):
        in_process.run_quarters("quarter", [Q1, Q2], tmp_path / "extracts", tmp_path, lambda kind, step: None)
    assert started == [str(tmp_path / "extracts")]
