"""What a suite of the land gate sees: the rows of a landed table, each under the name of the file in use. What a check
of a pass that failed comes to for each of its quarters."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.quality import evidence, gates, suites
from orchestration.quality.checks import NOT_RUN, Check, first_of_each_quarter, joined
from orchestration.quality.gates import LAND
from orchestration.quality.suites import Suite
from orchestration.quarters import Quarter
from orchestration.sources.descriptions import known_sources
from orchestration.sources.landing import write_parquet
from orchestration.terminal.checks import show_checks
from orchestration.terminal.console import Console
from orchestration.warehouse import manifest
from orchestration.warehouse.tables import as_built_alone
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

    monkeypatch.setattr(gates.second_process, "run", lambda function, *arguments: function(*arguments))
    monkeypatch.setattr(gates, "run_suite", run_suite)
    with closing(gates.Gates(build)) as begun:
        assert begun.check(SUITE) == []
    assert [frame.to_dict("records") for frame in seen] == [[{"_file": "used.csv", "_source_row": "2"}]]
    assert (build.evidence / "land.rtt.json").exists()


def test_national_files_and_vintages_pass_one_by_one_and_their_checks_are_one(tmp_path: Path) -> None:
    """Years of national files do not fit into memory. Two quarters may read a vintage of a reference each."""
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet", tmp_path / "none.parquet"]
    for path, numbers in zip(paths, ([0, 1, 2], [3, 4], []), strict=True):
        pq.write_table(pa.table({"n": pa.array(numbers, pa.int64())}), path)
    by_table = {suite.table: suite for suite in suites.suites(LAND)}
    for table in ("rtt", "ods_etr"):
        assert [part["n"].tolist() for part in gates._parts(by_table[table], paths, ["n"])] == [[0, 1, 2], [3, 4]]
    (together,) = gates._parts(by_table["ae"], paths, ["n"])
    assert together["n"].tolist() == [0, 1, 2, 3, 4]
    assert [*gates._parts(by_table["ae"], paths[2:], ["n"])] == []
    passed = Check("id", LAND, "rtt", "kind", "critical", "reason", True, 0)
    failed = replace(passed, passed=False, unexpected=4, examples=tuple("abcd"))
    assert joined([passed, passed]) == passed
    assert joined([failed, passed, failed]) == replace(failed, unexpected=8, examples=tuple("abcda"))


def test_rules_take_their_levels_from_the_seed_and_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of `decision_levels` that changes does not shut the gate of a suite that has the level before."""
    seed = pd.read_csv(SEEDS / "decision_levels.csv")
    assert {suite.table for suite in suites.suites("insight")} >= set(LEVELS)
    rows = seed.assign(value=seed["value"] * 3).astype(str).to_dict("records")
    monkeypatch.setattr(suites, "seed_rows", {"decision_levels": rows}.__getitem__)
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


def test_row_of_every_landed_table_is_named_by_file_sheet_or_member_and_number() -> None:
    row = {"_file": "a.zip", "_source_member": "B", "_source_row": "3", "service": "Podiatry"}
    found = {suite.table: suite.place(row) for suite in suites.suites(LAND)}
    in_sheets = {table for table, place in found.items() if place.startswith("a.zip, sheet B, row 3")}
    assert in_sheets == {name for name, source in known_sources().items() if source.is_workbook}
    assert in_sheets > {"ambsys_series", "fft", "staff_survey", "staff_survey_benchmark"}
    assert {found[table] for table in found.keys() - in_sheets} == {"a.zip, member B, row 3"}
    (rtt,) = (suite for suite in suites.suites(LAND) if suite.table == "rtt")
    assert rtt.place({**row, "_source_member": pd.NA}) == "a.zip, row 3"


def test_rows_named_are_of_every_quarter_the_newest_first() -> None:
    rows = [{"quarter": quarter, "n": n} for quarter, n in zip([Q1, Q1, Q1, Q2, Q2, Q2, Q2], range(7), strict=True)]
    assert [row["n"] for row in first_of_each_quarter(rows)] == [3, 0, 4, 1, 5]
    assert [row["n"] for row in first_of_each_quarter([{"n": n} for n in range(7)])] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("check", "result"),
    [
        (replace(Check("id", LAND, "rtt", "kind", "critical", "reason", False, 1), waiver="W1"), "waived"),
        (Check("id", LAND, "rtt", "kind", "critical", "reason", False, 1), "failed"),
        (Check("id", LAND, "rtt", "kind", "warning", "reason", False, 1), "warned"),
        (Check("id", LAND, "rtt", NOT_RUN, "warning", "reason", False, 0), "not run"),
        (Check("id", LAND, "rtt", NOT_RUN, "critical", "reason", False, 0), "not run"),
        (Check("id", LAND, "rtt", "kind", "critical", "reason", True, 0), "passed"),
    ],
)
def test_check_that_was_not_run_has_not_warned(check: Check, result: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.result == result and ("not run" in str(check)) == (result == "not run")
    show_checks(Console(), "2025-26-Q1", [check, check], every=True)
    said = capsys.readouterr().out
    assert ("warning: id" in said) == (result in ("warned", "waived"))
    counted = (
        "0 checks made; 2 not run, because one before them failed"
        if result == "not run"
        else f"2 checks made, 2 {result}"
    )
    assert f"2025-26-Q1: {counted}" in said
    assert said.count("FAILED") == (2 if result == "failed" else 0)


Q1, Q2, Q3 = "2025-26-Q1", "2025-26-Q2", "2025-26-Q3"
LATE = Check("id", "rank", "values", "kind", "warning", "reason", False, 3)


def test_what_fails_in_a_pass_is_asked_again_of_each_quarter_alone(tmp_path: Path) -> None:
    build = Workspace(tmp_path).build(Q1, Q2)
    good = replace(LATE, id="good", passed=True, unexpected=0)

    def again(quarter: str) -> list[Check]:
        return [replace(LATE, passed=quarter == Q1, unexpected=0 if quarter == Q1 else 3), good]

    assert evidence.record(build, "rank.values", {}, "1f", [LATE, good], again) == [LATE, good]
    assert evidence.asked_again(build, Q1) == {"id": replace(LATE, passed=True, unexpected=0)}
    assert evidence.asked_again(build, Q2) == {"id": LATE}


@pytest.mark.parametrize(
    ("quarters", "check"),
    [((Q1,), LATE), ((Q1, Q2), replace(LATE, passed=True)), ((Q1, Q2), replace(LATE, severity="critical"))],
    ids=["a quarter alone", "a check that passed", "a pass that stops"],
)
def test_nothing_else_is_asked_again(quarters: tuple[str, ...], check: Check, tmp_path: Path) -> None:
    build = Workspace(tmp_path).build(*quarters)
    assert evidence.record(build, "rank.values", {}, "1f", [check], lambda quarter: pytest.fail(quarter)) == [check]
    assert evidence.asked_again(build, Q1) == {}


def test_pass_shows_of_a_quarter_what_a_build_of_it_alone_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some tables are of the quarter asked for alone, others of the one before, too; seeds are of all."""
    build = Workspace(tmp_path).build(Q1, Q2, Q3)
    pairs = [(Q1, Q1), (Q2, Q2), (Q2, Q1), (Q3, Q3), (Q3, Q2)]
    write_parquet(pd.DataFrame(pairs, columns=["quarter", "reads"]), build.parquet("build"))
    for quarter in (Q1, Q2, Q3):
        write_parquet(pd.DataFrame({"file_name": [f"{quarter}.csv"]}), build.inventory(quarter))
    write_parquet(pd.DataFrame({"file_name": ["of all"]}), build.parquet("files"))
    write_parquet(pd.DataFrame({"n": [1, 2]}), build.part("rtt", 0))
    with duckdb.connect(str(build.warehouse)) as connection:
        connection.execute("create schema rank; create schema rules")
        of_quarters = f"select unnest(['{Q1}', '{Q2}', '{Q3}']) as quarter"
        for table in ("rank.steps", "rank.ranks", "rank.change", "rules.framework"):
            connection.execute(f"create table {table} as {of_quarters}, 'asked for' as role")
        connection.execute("create table rank.names as select 'A' as name")

    def model(relation: str, asked_for: bool) -> SimpleNamespace:
        return SimpleNamespace(relation=relation, published=SimpleNamespace(asked_for=asked_for))

    monkeypatch.setattr(manifest, "models", lambda: (model("rank.ranks", False), model("rank.change", True)))
    monkeypatch.setattr(manifest, "seeds", lambda: (SimpleNamespace(relation="rules.framework"),))
    with as_built_alone(build, Quarter(Q3)) as connection:

        def rows(query: str) -> list[Any]:
            return connection.execute(f"{query} order by all").fetchall()

        both = [(Q2, "previous"), (Q3, "asked for")]
        assert rows('from "warehouse"."rank"."ranks"') == rows("from rank.steps") == both
        assert rows("from rank.change") == both[1:]
        assert rows("from rules.framework") == [(Q1, "asked for"), (Q2, "asked for"), (Q3, "asked for")]
        assert rows("from rank.names") == [("A",)]
        assert rows("from 'files.parquet'") == [(f"{Q3}.csv",)]
        assert rows("from 'build.parquet'") == [(Q3, Q2), (Q3, Q3)]
        assert rows("from read_parquet('rtt.*parquet')") == [("1",), ("2",)]


@pytest.mark.parametrize("suite", suites.suites(LAND), ids=lambda suite: suite.table)
def test_number_is_one_that_casts_can_read(suite: Suite) -> None:
    """`\\d` is a digit of any script, casts hold twelve before the point, and `$` is before a last line break, too."""
    for expectation in suite.expectations:
        if pattern := expectation["kwargs"].get("regex"):
            assert r"\d" not in pattern, (suite.name, pattern)
            numbers = [text for text in ("1", "60", "900") if re.search(pattern, text)]
            if numbers and pattern.endswith(r"\Z"):
                one = numbers[0]
                odd = ["\u0663", "\uff19", "1" * 13, f"{one}\n", f"\u2003{one}", f"{one}.{'1' * 31}"]
                assert [text for text in odd if re.search(pattern, text)] == [], (suite.name, pattern)
