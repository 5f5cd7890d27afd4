"""What a suite of the land gate sees: the rows of a landed table, each under the name of the file in use."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from orchestration.quality import gates
from orchestration.quality.checks import Check
from orchestration.quality.suites import Suite
from orchestration.sources.landing import write_parquet
from orchestration.workspace.paths import Workspace

SUITE = Suite("land", "rtt", ("_file", "_source_row"), (), "1f")


def test_rows_are_named_by_the_file_in_use_and_not_by_its_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = Workspace(tmp_path).build("2025-26-Q1")
    files = [("used.csv", "used"), ("copy of it.csv", "duplicate")]
    listed = [{"source_sha256": "ab", "file_name": name, "status": status} for name, status in files]
    write_parquet(pd.DataFrame(listed), build.parquet("files"))
    write_parquet(pd.DataFrame({"_source_sha256": ["ab"], "_source_row": [2]}), build.parquet("rtt"))
    seen: list[pd.DataFrame] = []

    def run_suite(suite: Suite, frame: pd.DataFrame) -> list[Check]:
        seen.append(frame)
        return []

    monkeypatch.setattr(gates, "run_suite", run_suite)
    with closing(gates.Gates(build)) as begun:
        assert begun.check(SUITE) == []
    assert [frame.to_dict("records") for frame in seen] == [[{"_file": "used.csv", "_source_row": "2"}]]
    assert (build.evidence / "land.rtt.json").exists()
