"""Damaged files that can be read: each shuts the land gate, which says where; and what a build refuses before it
begins. Damage that stops the reading of a file is in the unit lane, two kinds of it again here, by the command. What
shuts a later gate is in the soak lane."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import GateError, LeagueError
from orchestration.quality import suites
from orchestration.quality.checks import raise_if_shut
from orchestration.quality.gates import Gates
from orchestration.warehouse import manifest
from orchestration.workspace.paths import Workspace
from tests.conftest import League
from tests.damage import (
    COMMUNITY,
    ETR,
    LOOKUP,
    TRUSTS,
    Case,
    again,
    assert_said,
    at,
    both,
    cell,
    damaged,
    heading,
    read,
    table,
)
from tests.unit.test_damaged_files import CASES

QUARTER = "2025-26-Q1"

AT_THE_LAND_GATE = [
    Case(
        "columns swapped under their headings",
        both(
            heading(COMMUNITY, "Region", "X"),
            heading(COMMUNITY, "Trust_name", "Region"),
            heading(COMMUNITY, "X", "Trust_name"),
        ),
        ("land.nof_data.region (critical)", f"{COMMUNITY}, row 2, column Region: found "),
    ),
    Case(
        "text, thousands separator and percent sign in Value",
        both(
            cell(COMMUNITY, "Value", "n/a", 12),
            cell(COMMUNITY, "Value", "1,234.5", 13),
            cell(COMMUNITY, "Value", "9.03%", 14),
        ),
        (
            "land.nof_data.value (critical): 3 unexpected",
            at(COMMUNITY, "Value", "'n/a'; expected a plain number of at most 11 digits or *", "12"),
            at(COMMUNITY, "Value", "'1,234.5'", "13"),
            at(COMMUNITY, "Value", "'9.03%'", "14"),
        ),
    ),
    Case(
        "no reporting date, unknown region",
        both(cell(COMMUNITY, "Reporting_date", "", 12), cell(COMMUNITY, "Region", "Wessex", 12)),
        (at(COMMUNITY, "Reporting_date", "''"), at(COMMUNITY, "Region", "'Wessex'; expected London, South West")),
    ),
    Case(
        "text in a benchmark",
        cell(COMMUNITY, "Median_value", "n/a", 12),
        (at(COMMUNITY, "Median_value", "'n/a'"),),
    ),
    Case(
        "row twice",
        again(COMMUNITY, 12),
        ("land.nof_data.key", f"{COMMUNITY}, row 12,", f"{COMMUNITY}, row {{last}},"),
    ),
    Case(
        "etr with a row without a region code",
        cell(ETR, 3, "", 9),
        (at(ETR, "national_grouping", "''; expected Y and two digits"),),
    ),
    Case(
        "etr cut to 50 rows",
        table(ETR, lambda rows: rows.rows.__delitem__(slice(50, None))),
        ("land.ods_etr.rows", "found 50; expected 150 to 400 rows", ETR),
    ),
    Case("etr with a code twice", cell(ETR, 1, "ZA0", 9), ("land.ods_etr.key", f"{ETR}, row 9,", "'ZA0'")),
    Case(
        "trust list with a date the other way round",
        cell(TRUSTS, "merger_date", "01/04/2026", 9),
        (at(TRUSTS, "merger_date", "'01/04/2026'; expected yyyy-mm-dd"),),
    ),
    Case(
        "trust list with a date that is none",
        both(cell(TRUSTS, "merger_date", "2026-13-45", 9), cell(TRUSTS, "predecessor_codes", "ZA2", 9)),
        (TRUSTS, "row 9", "2026-13-45"),
    ),
    Case("look-up with a blank ICB", cell(LOOKUP, "ICB26CDH", "", 9), (at(LOOKUP, "ICB26CDH", "''"),)),
]


def problems_of(run: Any, quarter: str, extracts: Path, data_dir: Path) -> tuple[str, ...]:
    try:
        problems: tuple[str, ...] = run(quarter, extracts, data_dir).problems
    except LeagueError as error:
        return (str(error),)
    return problems


def released(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "releases").rglob("*") if path.is_file()]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in AT_THE_LAND_GATE])
def test_damage_shuts_the_land_gate(case: Case, first_quarter: Path, tmp_path: Path) -> None:
    """By the checks that the gate is made of; that a shut gate stops a run is not tried again for each."""
    says = damaged(case, first_quarter, tmp_path / "extracts")
    build = Workspace(tmp_path / "data").build(QUARTER)
    landed, gates = read(tmp_path / "extracts", build), Gates(build)
    checks = [check for suite in suites.suites("land") if suite.table in landed for check in gates.check(suite)]
    with pytest.raises(GateError) as shut:
        raise_if_shut(checks)
    assert_said(str(shut.value), says)


def test_file_cut_within_its_last_measure_is_noticed(built_first: Any, tmp_path: Path) -> None:
    """The one test that stops it, on a warehouse cut short."""
    shutil.copy(built_first.build.warehouse, tmp_path / "warehouse.duckdb")
    tests = {node["name"]: node for node in manifest.raw()["nodes"].values() if node["resource_type"] == "test"}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("delete from stage.nof_figures where published_id = 'OF5007' and trust_code > 'ZM'")
        assert connection.execute(tests["summary_figures_complete"]["compiled_code"]).fetchall()


def test_quarter_before_the_first_tables_is_refused_by_name(first_quarter: Path, run: Any, tmp_path: Path) -> None:
    with pytest.raises(LeagueError, match="2024-25-Q4 is not a quarter that can be built: expected 2025-26-Q1 "):
        run("2024-25-Q4", first_quarter, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(run: Any, tmp_path: Path) -> None:
    (message,) = problems_of(run, QUARTER, tmp_path / "none", tmp_path / "data")
    assert message == f"{tmp_path / 'none'} is not a folder: name the one that holds the files"


@pytest.mark.parametrize("name", ["NUL byte", "no etr"])
def test_command_exits_with_1(name: str, first_quarter: Path, league: League, tmp_path: Path) -> None:
    (case,) = [case for case in CASES if case.name == name]
    says = damaged(case, first_quarter, tmp_path / "extracts")
    data = tmp_path / "data"
    code, shown = league("build", "--extracts", tmp_path / "extracts", "--quarter", QUARTER, "--data-dir", data)
    assert code == 1
    assert "nothing published" in shown
    assert_said(shown, says)
    assert released(data) == []
