"""Which quarter is due when, and what the sensor asks for."""

from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration import schedules
from orchestration.resources import Folders
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
