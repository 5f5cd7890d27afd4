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
from orchestration.workspace.paths import SEEDS, Workspace

SUITE = Suite("land", "rtt", ("_file", "_source_row"), (), "1f")
LEVELS = {  # a rule of each table whose levels the seed has: its end, and the decision
    "context": ("attributed", "min_value", "context_least_attributed"),
    "context_models": ("foretells", "min_value", "model_q_squared"),
    "learn_from": ("strong-before", "max_value", "metric_strong"),
    "needs_support": ("domains", "min_value", "domains_in_segment_four"),
    "peers": ("place", "max_value", "peers_listed"),
    "specialty_league_table": ("short-lists-are-not-ranked", "min_value", "specialty_least_pathways"),
    "steep_at_the_standard": ("steep-is-large", "min_value", "steep_odds_ratio"),
}


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
    """Row groups are of one file each, as they are landed: years of national files do not fit into memory."""
    path = tmp_path / "landed.parquet"
    rows = pa.table({"_source_sha256": ["a"] * 3 + ["b"] * 2, "n": range(5)})
    with pq.ParquetWriter(path, rows.schema) as writer:
        for start, length in ((0, 2), (2, 1), (3, 2)):
            writer.write_table(rows.slice(start, length))
    by_table = {suite.table: suite for suite in suites.suites(LAND)}
    apart = gates._parts(by_table["rtt"], path, ["_source_sha256", "n"])
    assert [part["n"].tolist() for part in apart] == [[0, 1, 2], [3, 4]]
    (together,) = gates._parts(by_table["ae"], path, ["_source_sha256", "n"])
    assert together["n"].tolist() == [0, 1, 2, 3, 4]
    passed = Check("id", LAND, "rtt", "kind", "critical", "reason", True, 0)
    failed = replace(passed, passed=False, unexpected=4, examples=tuple("abcd"))
    assert joined([passed, passed]) == passed
    assert joined([failed, passed, failed]) == replace(failed, unexpected=8, examples=tuple("abcda"))


def test_rules_take_their_levels_from_the_seed_and_say_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of `decision_levels` that changes does not shut the gate of a suite that has the level before."""
    seed = pd.read_csv(SEEDS / "decision_levels.csv")
    assert {suite.table for suite in suites.suites("insight")} >= set(LEVELS)
    seed.assign(value=seed["value"] * 3).to_csv(tmp_path / "decision_levels.csv", index=False)
    monkeypatch.setattr(suites, "SEEDS", tmp_path)
    suites.suites.cache_clear()
    try:
        changed = {suite.table: suite for suite in suites.suites("insight")}
    finally:
        suites.suites.cache_clear()
    level = seed.set_index("decision")["value"]
    for table, (rule, side, decision) in LEVELS.items():
        (expectation,) = (one for one in changed[table].expectations if one["meta"]["id"] == rule)
        assert expectation["kwargs"][side] == 3 * level[decision]
        assert f"{3 * level[decision]:g}" in expectation["meta"]["expected"]
