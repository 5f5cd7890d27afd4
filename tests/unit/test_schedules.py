"""Which quarter is due when, and what the sensor asks for."""

from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration import schedules
from orchestration.resources import Folders
from orchestration.sources.fetch import Fetched
from orchestration.workspace import Workspace


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2025, 9, 7), None),
        (date(2025, 9, 8), "2025-26-Q1"),
        (date(2025, 12, 25), "2025-26-Q2"),
        (date(2026, 3, 25), "2025-26-Q3"),
        (date(2026, 9, 25), "2025-26-Q4"),
    ],
)
def test_the_latest_quarter_due(today: date, quarter: str | None) -> None:
    assert schedules.latest_due(today) == quarter


def test_the_schedule_asks_for_the_quarter_due() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 25, 6))
    request = schedules.quarterly(context)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2025-26-Q3"


def test_the_sensor_asks_once_for_each_quarter_with_files(sample: Path, tmp_path: Path) -> None:
    folders = Folders(extracts=str(sample), data=str(tmp_path))
    with dg.build_sensor_context(resources={"folders": folders}) as context:
        first = schedules.extracts_folder(context)
        assert isinstance(first, dg.SensorResult) and first.run_requests is not None
        assert [r.partition_key for r in first.run_requests] == [f"2025-26-Q{n}" for n in (1, 2, 3, 4)]
        assert len({r.run_key for r in first.run_requests}) == 4
    with dg.build_sensor_context(resources={"folders": folders}, cursor=first.cursor) as context:
        assert isinstance(schedules.extracts_folder(context), dg.SkipReason)
        Workspace(tmp_path).lock_file.write_text("{}")
        reason = schedules.extracts_folder(context)
        assert isinstance(reason, dg.SkipReason) and "has the layout of an earlier version" in str(reason.skip_message)


@pytest.mark.parametrize("problem", [None, "https://example.org/x.csv: the server answers 404"])
def test_the_fetch_job_fails_where_something_due_did_not_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str | None
) -> None:
    asked: list[object] = []

    def fetch(*arguments: object) -> list[Fetched]:
        asked.extend(arguments)
        return [Fetched("ae", "x.csv", "failed" if problem else "new", problem=problem)]

    monkeypatch.setattr(schedules, "fetch", fetch)
    folders = Folders(extracts=str(tmp_path / "extracts"), data=str(tmp_path))
    result = schedules.fetch_job.execute_in_process(
        partition_key="2025-26-Q2", resources={"folders": folders}, raise_on_error=False
    )
    assert result.success == (problem is None)
    assert asked[:3] == [tmp_path / "extracts", ["2025-26-Q2"], Workspace(tmp_path)]
    if problem:
        error = result.failure_data_for_node("fetch_what_is_due")
        assert error and error.user_failure_data and error.user_failure_data.description == problem


def test_the_weekly_fetch_is_of_the_quarter_due() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 3, 23, 5))
    request = schedules.weekly(context)
    assert isinstance(request, dg.RunRequest) and request.partition_key == "2025-26-Q3"
