"""Damaged files that can be read: each shuts a gate, which says where, and nothing is released. Damage that stops the
reading of a file is in the unit lane; two kinds of it are here again, by the command. Good data is not here."""

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
    AMBULANCE,
    COMMUNITY,
    COMMUNITY_TABLE,
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
    everywhere,
    heading,
    in_another_league,
    only_trusts,
    read,
    table,
    without_rows,
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
            at(COMMUNITY, "Value", "'n/a'; expected a plain number or *", "12"),
            at(COMMUNITY, "Value", "'1,234.5'", "13"),
            at(COMMUNITY, "Value", "'9.03%'", "14"),
        ),
    ),
    Case(
        "no reporting date, unknown region",
        both(cell(COMMUNITY, "Reporting_date", "", 12), cell(COMMUNITY, "Region", "Wessex", 12)),
        (at(COMMUNITY, "Reporting_date", "''"), at(COMMUNITY, "Region", "'Wessex'; expected an NHS region")),
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
END_TO_END = [
    Case(
        "score of 4.7, segment 9, flag 2",
        both(
            *[
                cell(COMMUNITY, "Value", value, Metric_ID=metric)
                for metric, value in (("OF1082", "4.7"), ("OF5003", "9"), ("OF5004", "2"))
            ]
        ),
        (
            at(COMMUNITY, "Value", "'4.7'; expected a score from 1 to 4", "{OF1082}"),
            at(COMMUNITY, "Value", "'9'; expected a segment from 1 to 5", "{OF5003}"),
            at(COMMUNITY, "Value", "'2'; expected 0 or 1", "{OF5004}"),
        ),
    ),
    Case(
        "two names for one trust",
        cell(COMMUNITY, "Trust_name", "Another NHS Trust", 12),
        ("organisation_code {code}", "Another NHS Trust"),
    ),
    Case(
        "trust in two leagues, row twice with a space in the code",
        both(in_another_league, again(COMMUNITY, 12, Trust_code="ZB9 ")),
        (
            "trust_code ZB9, leagues mental_health_community, figures_repeated 1, such_as OF0005",
            "trust_code ZA2, leagues ambulance | mental_health_community",
        ),
    ),
    Case(
        "trust code that no reference knows, planned percentage of 6000",
        both(
            everywhere(COMMUNITY, "Trust_code", "ZA2", "ZQ9X9"),
            everywhere(COMMUNITY_TABLE, "Trust_code", "ZA2", "ZQ9X9"),
            cell(COMMUNITY, "Value", "6000", Metric_ID="OF0079", Rank="1.0"),
        ),
        (
            "metric.organisations.known-to-ods (critical): 1 unexpected",
            "organisation_code ZQ9X9",
            "expected a code in etr or in the trust list",
            "metric.metric_values.finance (critical): 1 unexpected",
            "organisation_code {code}, metric_id OF0079, value_basis published, column value: found",
            "expected -50 to 50",
        ),
    ),
    Case(
        "no OF5004 for a trust, no OF5002 for a league, a league table with a trust missing and one too many",
        both(
            without_rows(COMMUNITY, Metric_ID="OF5004", Trust_code="ZA2"),
            without_rows(AMBULANCE, Metric_ID="OF5002"),
            without_rows(COMMUNITY_TABLE, Trust_code="ZA2"),
            again(COMMUNITY_TABLE, 5, Trust_code="ZQ9X9"),
        ),
        (
            "summary_figures_complete (critical): 11 unexpected",
            "published_id OF5002",
            "league_table_lists_the_same_trusts (critical): 2 unexpected",
            "trust_code ZA2, found_in data file only",
            "trust_code ZQ9X9, found_in league table only",
        ),
    ),
    Case(
        "100 acute trusts only",
        only_trusts(100),
        ("leagues_have_their_known_size", "league acute", "organisations 100", "expected_organisations 134"),
    ),
]


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


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in END_TO_END])
def test_damage_stops_the_run(case: Case, first_quarter: Path, run: Any, tmp_path: Path) -> None:
    says = damaged(case, first_quarter, tmp_path / "extracts")
    problems = _problems(run, QUARTER, tmp_path / "extracts", tmp_path / "data")
    assert problems
    assert _released(tmp_path / "data") == []
    assert_said("\n".join(problems), says)


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
    (message,) = _problems(run, QUARTER, tmp_path / "none", tmp_path / "data")
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
    assert _released(data) == []


def _problems(run: Any, quarter: str, extracts: Path, data_dir: Path) -> tuple[str, ...]:
    try:
        problems: tuple[str, ...] = run(quarter, extracts, data_dir).problems
    except LeagueError as error:
        return (str(error),)
    return problems


def _released(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "releases").rglob("*") if path.is_file()]
