"""When runs are started: what the schedule and the sensor ask for, and that they ask once."""

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration.defs import assets, in_process, public_site, schedules
from orchestration.defs.in_process import defs
from orchestration.defs.resources import Folders
from orchestration.quarters import Quarter
from orchestration.releases.decisions import HEADS
from orchestration.sources.calendar import expected
from orchestration.sources.fetch import Fetched
from orchestration.sources.inventory import survey
from orchestration.sources.landing import take_in
from orchestration.sources.lock import Entry, changing
from orchestration.workspace.paths import Workspace

Q1, Q2, Q3, Q4 = (Quarter(f"2025-26-Q{number}") for number in (1, 2, 3, 4))
Tick = Callable[..., dg.SensorResult | dg.SkipReason]


def enter(workspace: Workspace, quarter: Quarter, leave_out: str) -> None:
    """Everything expected of a quarter into the lock, but for one source."""
    with changing(workspace) as lock:
        for number, one in enumerate(expected(quarter, (), date(2020, 1, 1))):
            if one.source_id != leave_out:
                sha256 = f"{quarter}{number}"
                lock.enter(Entry(one.source_id, one.subject, "x", sha256, 1, "", "", "2025-01-01", "final"))


@pytest.mark.parametrize(
    ("today", "asks_for"),
    [
        (date(2025, 5, 12), None),  # a Monday before anything is due
        (date(2025, 5, 14), None),  # due today, but it is there
        (date(2025, 8, 13), None),  # RTT of June is due tomorrow
        (date(2025, 8, 14), Q2),  # a Thursday: due today; A&E of July too
        (date(2025, 8, 28), Q2),  # on its alert day
        (date(2025, 8, 29), None),  # overdue
        (date(2025, 9, 1), Q2),  # on Mondays in any case
    ],
)
def test_the_schedule_looks_daily_for_what_is_due_until_its_alert_day(
    tmp_path: Path, today: date, asks_for: str | None
) -> None:
    enter(Workspace(tmp_path), Q1, leave_out="rtt")
    enter(Workspace(tmp_path), Q2, leave_out="")
    at = datetime.combine(today, time(6))
    with dg.build_schedule_context(
        scheduled_execution_time=at, resources={"folders": Folders(extracts=".", data=str(tmp_path))}
    ) as context:
        request = schedules.fetch_what_is_due(context)
    if asks_for is None:
        assert isinstance(request, dg.SkipReason)
    else:
        assert isinstance(request, dg.RunRequest)
        assert (request.partition_key, request.run_key) == (asks_for, f"{asks_for}-{today}")


@pytest.fixture
def folder(first_quarter: Path, tmp_path: Path) -> Path:
    """Only the framework's files of the first quarter, a minute old."""
    return Path(shutil.copytree(first_quarter, tmp_path / "extracts"))


@pytest.fixture
def tick(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tick:
    """The sensor on a day, a minute after all files came, with what it remembers of the tick before."""
    remembered: list[str | None] = [None]

    def evaluated(today: date, seconds: int = 60) -> dg.SensorResult | dg.SkipReason:
        monkeypatch.setattr(schedules, "date", type("Today", (date,), {"today": classmethod(lambda cls: today)}))
        monkeypatch.setattr(schedules.time, "time", lambda: datetime.now().timestamp() + seconds)
        folders = Folders(extracts=str(folder), data=str(tmp_path / "data"))
        with dg.build_sensor_context(resources={"folders": folders}, cursor=remembered[0]) as context:
            result: Any = schedules.build_what_has_come(context)
        if isinstance(result, dg.SensorResult):
            remembered[0] = result.cursor
        return result

    return evaluated


def asked_for(result: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    assert isinstance(result, dg.SensorResult), result
    return [request.partition_key for request in result.run_requests or ()]


WAITING, ALERT_DAY = date(2025, 9, 20), date(2025, 9, 22)  # of what is missing, CSDS is the last
AFTER = ALERT_DAY + timedelta(days=1)


def test_a_quarter_waits_for_its_files_until_their_alert_days(tick: Tick) -> None:
    assert asked_for(tick(WAITING)) == []
    assert isinstance(tick(WAITING), dg.SkipReason)
    assert asked_for(tick(ALERT_DAY)) == []
    assert asked_for(tick(AFTER)) == [Q1]
    assert isinstance(tick(AFTER), dg.SkipReason)
    assert asked_for(tick(AFTER + timedelta(days=1))) == []


def test_a_complete_quarter_does_not_wait(sample: Path, folder: Path, tick: Tick) -> None:
    assert asked_for(tick(date(2025, 6, 30))) == []
    shutil.copytree(sample, folder, dirs_exist_ok=True)
    assert asked_for(tick(date(2025, 6, 30))) == [Q1, Q2, Q3, Q4]


def test_a_file_that_just_came_is_waited_for(tick: Tick) -> None:
    result = tick(AFTER, seconds=29)
    assert isinstance(result, dg.SkipReason) and "more may come" in str(result.skip_message)
    assert asked_for(tick(AFTER, seconds=31)) == [Q1]


def test_revised_taken_away_and_put_back_each_start_a_run(folder: Path, tick: Tick) -> None:
    assert asked_for(tick(AFTER)) == [Q1]
    data = next(folder.rglob("*ambulance*data.csv"))
    revised = data.with_name(f"{data.stem}-v2.csv")
    revised.write_text(data.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert asked_for(tick(AFTER)) == [Q1]
    revised.unlink()
    assert asked_for(tick(AFTER)) == [Q1]
    (folder / "notes.txt").write_text("nothing to build from", encoding="utf-8")
    assert asked_for(tick(AFTER)) == []


def test_a_quarter_once_released_is_built_again_though_it_is_not_complete(
    folder: Path, tmp_path: Path, tick: Tick
) -> None:
    (tmp_path / "data" / "releases" / Q1 / "v1").mkdir(parents=True)
    assert asked_for(tick(WAITING)) == [Q1]


def test_files_that_cannot_be_used_start_one_run_that_will_say_so(folder: Path, tick: Tick) -> None:
    damaged = next(folder.rglob("*ambulance*data.csv"))
    content = damaged.read_text(encoding="utf-8")
    damaged.write_text(content.replace("Q1 2025/26", "Q9 2025/26"), encoding="utf-8")
    assert asked_for(tick(AFTER)) == [Q2]  # the latest quarter of which anything is due
    assert isinstance(tick(AFTER), dg.SkipReason)
    damaged.write_text(content, encoding="utf-8")
    assert asked_for(tick(AFTER)) == [Q1]
    shutil.copyfile(damaged, damaged.with_name("again.csv"))
    with damaged.with_name("again.csv").open("a") as file:
        file.write("\n")
    assert asked_for(tick(AFTER)) == [Q1]  # two that differ, and nothing says which counts
    assert asked_for(tick(AFTER + timedelta(days=1))) == []


@pytest.mark.parametrize("refused", ["a file", "a folder"])
def test_what_cannot_be_read_starts_one_run_that_will_say_so(
    folder: Path, tick: Tick, unreadable: set[Path], refused: str
) -> None:
    file = next(folder.rglob("*ambulance*data.csv"))
    unreadable.add(file if refused == "a file" else file.parent)
    assert asked_for(tick(AFTER)) == [Q2]  # the latest quarter of which anything is due
    again = tick(AFTER)
    assert isinstance(again, dg.SkipReason) or asked_for(again) == []
    unreadable.clear()
    file.chmod(0o600)
    assert asked_for(tick(AFTER)) == [Q1]


def test_a_pin_and_a_lock_that_cannot_be_read_are_noticed(folder: Path, tmp_path: Path, tick: Tick) -> None:
    workspace = Workspace(tmp_path / "data")
    take_in(survey(folder), Q1, workspace)
    assert asked_for(tick(AFTER)) == [Q1]
    text = workspace.lock_file.read_text(encoding="utf-8")
    document = json.loads(text)
    document["layout"] = 1
    workspace.lock_file.write_text(json.dumps(document), encoding="utf-8")
    assert asked_for(tick(AFTER)) == [Q2]


@pytest.mark.parametrize("job", ["quarter", "check_quarter", "series"])
def test_a_build_starts_at_its_first_step(folder: Path, tmp_path: Path, job: str) -> None:
    """It would go on with the bytes that the failed run had read, though the file was put right since."""
    made = defs.resolve_job_def(job)
    assert made.tags["dagster/retry_strategy"] == "ALL_STEPS"
    for resumed in ("dagster/is_resume_retry", "dagster/is_asset_resume_retry"):
        with in_process.without_memory() as instance:
            result = made.execute_in_process(
                partition_key=Q1,
                tags={resumed: "true"},
                resources={"folders": Folders(extracts=str(folder), data=str(tmp_path / "data"))},
                instance=instance,
                raise_on_error=False,
            )
        (refused,) = [event for event in result.all_events if event.is_resource_init_failure]
        assert "cannot go on from a failure: re-execute the run with All steps in root run" in str(
            refused.engine_event_data.error
        )
    assert not (tmp_path / "data" / "work").exists()


def test_each_decision_makes_the_site_anew_once(tmp_path: Path) -> None:
    heads, cursor = tmp_path / "releases" / HEADS, None
    folders = Folders(extracts="unused", data=str(tmp_path))
    runs = []
    for content in (None, b"{}", b"{}", b'{"2025-26-Q2/v1": {}}'):
        if content:
            heads.parent.mkdir(exist_ok=True)
            heads.write_bytes(content)
        with dg.build_sensor_context(resources={"folders": folders}, cursor=cursor) as context:
            asked: Any = public_site.site_after_decisions(context)
        runs.append(len(asked.run_requests) if isinstance(asked, dg.SensorResult) else 0)
        cursor = asked.cursor if isinstance(asked, dg.SensorResult) else cursor
    assert runs == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("outcome", "succeeds", "passed", "severity"),
    [
        ("new", True, True, dg.AssetCheckSeverity.WARN),
        ("late", True, False, dg.AssetCheckSeverity.WARN),
        ("overdue", False, False, dg.AssetCheckSeverity.ERROR),
        ("failed", False, False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_the_fetch_job_warns_of_what_is_late_and_fails_where_somebody_has_to_act(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    outcome: str,
    succeeds: bool,
    passed: bool,
    severity: dg.AssetCheckSeverity,
) -> None:
    asked: list[object] = []
    said = None if passed else "ae, 2025-07: what is the matter"

    def fetch(*arguments: object) -> list[Fetched]:
        asked.extend(arguments)
        return [Fetched("ae", "x.csv", outcome, problem=said), Fetched("rtt", "y.zip", "unchanged")]

    monkeypatch.setattr(assets, "fetch", fetch)
    folders = Folders(extracts=str(tmp_path / "extracts"), data=str(tmp_path))
    job = defs.resolve_job_def("fetch")
    result = job.execute_in_process(partition_key=Q2, resources={"folders": folders}, raise_on_error=False)
    assert result.success == succeeds
    assert asked[:3] == [tmp_path / "extracts", [Q2], Workspace(tmp_path)]
    (made,) = result.get_asset_materialization_events()
    assert made.materialization.metadata[f"files_{outcome}"].value == 1
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert len(checks) == 10 and all(check.passed for name, check in checks.items() if name != "ae_on_time")
    assert (checks["ae_on_time"].passed, checks["ae_on_time"].severity) == (passed, severity)
    assert checks["ae_on_time"].metadata["examples"].value == (said or "")
    assert {check.metadata["quarters"].value for check in checks.values()} == {Q2}
    if not succeeds:
        error = result.failure_data_for_node("extract__fetched")
        assert error and error.user_failure_data and error.user_failure_data.description == said
