"""Every real file at hand in one folder: the quarters are built, and what was set aside is listed with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.defs import in_process
from orchestration.releases.release import Release
from tests.real.test_set_aside import cases, everything  # noqa: F401  fixtures

QUARTERS = ["2025-26-Q1", "2025-26-Q2", "2025-26-Q4"]


@pytest.mark.parametrize("quarter", QUARTERS)
def test_quarter_builds_from_everything(everything: Path, tmp_path: Path, quarter: str) -> None:  # noqa: F811
    (outcome,) = in_process.run_quarters("quarter", [quarter], everything, tmp_path / "data", lambda kind, step: None)
    assert outcome.release, "\n".join(outcome.problems)
    files = Release.read(outcome.release).inventory()
    assert set(files["status"]) >= {"used", "superseded", "not_asked_for", "not_known"}
    assert files.loc[files["status"] != "used", "reason"].notna().all()
