"""Builds that are killed at moments that are always the same; at any moment, and many, in `test_crashes.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kills import Moment, assert_that_kills_leave_nothing_half

MOMENTS = [
    Moment("publish__release", files=20),
    Moment("publish__release", side="before"),
    Moment("stage_metric", seconds=0.5),
]


def test_killed_build_leaves_nothing_half_and_the_next_makes_the_same_bytes(
    versions: Any, run: Any, tmp_path: Path
) -> None:
    assert_that_kills_leave_nothing_half(versions, run, tmp_path, MOMENTS, built=True)
