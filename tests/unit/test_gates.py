"""What a suite of the land gate sees: the rows of a landed table, each under the name of the file in use."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.quality import gates, suites
from orchestration.quality.checks import Check, joined
from orchestration.quality.gates import LAND
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


def test_national_files_pass_one_by_one_and_their_checks_are_one(tmp_path: Path) -> None:
    """Years of national files do not fit into memory."""
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "none.parquet"]
    for path, numbers in zip(paths, ([0, 1, 2], [3, 4], []), strict=True):
        pq.write_table(pa.table({"n": pa.array(numbers, pa.int64())}), path)
    by_table = {suite.table: suite for suite in suites.suites(LAND)}
    assert [part["n"].tolist() for part in gates._parts(by_table["rtt"], paths, ["n"])] == [[0, 1, 2], [3, 4]]
    (together,) = gates._parts(by_table["ae"], paths, ["n"])
    assert together["n"].tolist() == [0, 1, 2, 3, 4]
    assert [*gates._parts(by_table["ae"], paths[2:], ["n"])] == []
    passed = Check("id", LAND, "rtt", "kind", "critical", "reason", True, 0)
    failed = replace(passed, passed=False, unexpected=4, examples=tuple("abcd"))
    assert joined([passed, passed]) == passed
    assert joined([failed, passed, failed]) == replace(failed, unexpected=8, examples=tuple("abcda"))
