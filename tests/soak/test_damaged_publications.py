"""Whole builds of odd files of the primary publications, which change no figure, and of damaged ones, which stop."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.releases.published_tables import published_tables
from orchestration.warehouse import tables
from tests.build.test_refused_publications import (
    DM01,
    MARCH,
    QUARTER,
    change,
    column,
    copied,
    members,
    moved,
    pack,
    rows,
)
from tests.conftest import League
from tests.unit.test_inventory import rows_of

JANUARY, FEBRUARY = (f"ae/Monthly-AE-{month}-2026.csv" for month in ("January", "February"))
REVISED = "ae/Monthly-AE-February-2026-revised.csv"
RTT, RTT_BEFORE = "rtt/Full-CSV-data-file-Mar26-ZIP-4M-pQ6rS8.zip", "rtt/Full-CSV-data-file-Dec25-ZIP-4M-kL2mN4.zip"
DM01_BEFORE = "dm01/DM01-DECEMBER-2025-full-extract_kL2mN4.zip"
CANCER = "cancer/MARCH-2026-CWT-CRS-PROVIDER-WORKBOOK-FINAL.xlsx"
CSDS = "csds/csds_march-2026_csds_data.zip"
PROVENANCE = {"file_name", "first_row", "last_row", "source_row", "sha256", "source_sha256", "member_or_sheet"}
PROVENANCE |= {"source_file", "source_rows"}
SINCE = {"change", "change_low", "change_high", "p_value", "q_value", "verdict", "not_compared_reason"}
SINCE |= {f"metrics_{what}" for what in ("compared", "excluded", "carried_over")}
SINCE |= {f"places_{cause}" for cause in ("own_scores", "others", "cut_points", "override")}
BEFORE = {"previous_rank", "rank_change", "no_rank_change_reason", "previous_quarter", "previous_average_score"} | SINCE
BEFORE |= {"checked"}  # the size of a publication is compared with that of the month before


def shuffled(table: list[list[str]]) -> None:
    heading, *body = table
    random.Random(1).shuffle(body)
    table[:] = [heading, *body]


def another_dimension(path: Path) -> None:
    """Every sheet says another size of itself than it did, and none says the right one."""
    content = members(path)
    for name, data in content.items():
        if name.startswith("xl/worksheets/"):
            (said,) = re.findall(rb'<dimension ref="([^"]*)"', data)
            content[name] = data.replace(said, b"B2:C3" if said == b"A1" else b"A1", 1)
            assert content[name] != data
    pack(path, content)


# Oddities: the same figures told in another way


@dataclass(frozen=True)
class Told:
    plainly: Any
    oddly: Any
    folder: Path


@pytest.fixture(scope="module")
def told(sample: Path, build_quarter: Callable[[str, Path], Any], tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The same months twice: with those of the quarter before; and without them, in files odd in every way allowed."""
    files = (JANUARY, FEBRUARY, MARCH, RTT, DM01, CANCER)
    plain = copied(sample, tmp_path_factory.mktemp("plain"), *files, RTT_BEFORE, DM01_BEFORE)
    odd = copied(sample, tmp_path_factory.mktemp("odd"), *files)
    change(odd / JANUARY, column("", ""))
    (odd / FEBRUARY).rename(odd / REVISED)
    shutil.copy(odd / REVISED, odd / FEBRUARY)
    change(odd / FEBRUARY, moved)
    change(odd / MARCH, shuffled)
    change(odd / DM01, shuffled)
    another_dimension(odd / CANCER)
    shutil.copy(odd / RTT, odd / "rtt" / "again.zip")
    return Told(build_quarter(QUARTER, plain), build_quarter(QUARTER, odd), odd)


def test_both_are_released(told: Told) -> None:
    assert (told.plainly.outcome.problems, told.oddly.outcome.problems) == ((), ())


@pytest.mark.parametrize("table", [table.name for table in published_tables()])
def test_oddities_change_only_provenance(told: Told, table: str) -> None:
    left, right = (pd.read_parquet(built.release / f"{table}.parquet") for built in (told.plainly, told.oddly))
    kept = [name for name in left.columns if name not in PROVENANCE | BEFORE]
    if table == "method_sensitivity":  # counts the verdicts on what changed since the quarter before
        left, right = (rows[rows["assessment"] != "improvement"].reset_index(drop=True) for rows in (left, right))
    if table == "metric_series":  # has the months of the quarter before, where they are at hand
        kept = ["metric_id", "measure", "organisation_code", "organisation_name", "month", "value"]
        months = right.set_index(["metric_id", "month"]).index
        left = left[left.set_index(["metric_id", "month"]).index.isin(months)].reset_index(drop=True)
    if table == "learn_from":  # which metrics are weak does not hang on the quarter before, as who is named does
        kept = kept[: kept.index("place")]
        left, right = (rows.drop_duplicates(kept, ignore_index=True) for rows in (left, right))
    if table == "needs_support":  # without the quarter before all are there who might need it
        kept = ["league", "organisation_code", "rank", "bottom_quarter_share", "domains", "weak_metrics"]
        right = right[right["organisation_code"].isin(left["organisation_code"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(left[kept], right[kept])
    if kept == [*left.columns] and table != "method_sensitivity":
        for name in (f"{table}.csv", f"{table}.parquet"):
            assert (told.plainly.release / name).read_bytes() == (told.oddly.release / name).read_bytes(), name


def test_dimension_of_a_sheet_is_not_believed(told: Told) -> None:
    plainly, oddly = (
        rows_of(built.build, "cancer").drop(columns="_source_sha256") for built in (told.plainly, told.oddly)
    )
    assert len(plainly) > 400
    pd.testing.assert_frame_equal(plainly, oddly)


def test_files_say_what_became_of_them(told: Told) -> None:
    document = json.loads((told.oddly.release / "checks.json").read_text())
    files = {file["file_name"]: file for file in document["files"]}
    assert (files[REVISED]["status"], files[FEBRUARY]["status"]) == ("used", "superseded")
    assert files[FEBRUARY]["reason"] == f"by {REVISED}"
    twins = {RTT: files[RTT], "rtt/again.zip": files["rtt/again.zip"]}
    (used,) = [name for name in twins if twins[name]["status"] == "used"]
    (duplicate,) = [file for name, file in twins.items() if name != used]
    assert (duplicate["status"], duplicate["reason"]) == ("duplicate", f"the same bytes as {used}")
    assert files[JANUARY]["remarks"] == "1 column after the last one known, '', is empty and left out"


def test_remark_is_a_warning_of_the_release(told: Told) -> None:
    (check,) = [
        check
        for check in json.loads((told.oddly.release / "checks.json").read_text())["checks"]
        if check["id"] == "dbt.files_read_with_remarks"
    ]
    assert (check["severity"], check["passed"], check["unexpected"]) == ("warning", False, 1)
    (example,) = check["examples"]
    assert example.startswith(f"file_name {JANUARY}, remarks 1 column")
    assert "files_read_with_remarks" in (told.oddly.release / "README.md").read_text()


def test_revised_figures_are_used(told: Told) -> None:
    """Of the trust that a superseded file says less of, by the file itself."""
    february = {file: rows((told.folder / file).read_bytes()) for file in (FEBRUARY, REVISED)}
    (superseded, used), *_ = [pair for pair in zip(*february.values(), strict=True) if pair[0] != pair[1]]
    code = used[1]
    counts = 0
    for file in (JANUARY, REVISED, MARCH):
        heading, *body = rows((told.folder / file).read_bytes())
        at = [n for n, name in enumerate(heading) if name.startswith("A&E attendances ")]
        counts += sum(int(row[n]) for row in body for n in at if row[1] == code)
    with tables.reading(told.oddly.build) as connection:
        found = connection.execute(
            "select denominator from metric.metric_values"
            f" where quarter = '{QUARTER}' and metric_id = 'OF0013' and organisation_code = '{code}'"
            " and value_basis = 'computed'"
        ).fetchall()
    assert superseded != used
    assert found == [(counts,)]


def test_previous_ranks_are_there_only_with_the_files_of_the_quarter_before(told: Told) -> None:
    plainly, oddly = (
        pd.read_parquet(built.release / "icb_league_table.parquet") for built in (told.plainly, told.oddly)
    )
    for table in (plainly, oddly):
        assert (table["ranked"].sum(), table["rank"].notna().sum()) == (
            plainly["ranked"].sum(),
            plainly["ranked"].sum(),
        )
    plainly, oddly = plainly[plainly["ranked"]], oddly[oddly["ranked"]]
    assert len(plainly) > 30
    assert plainly["previous_rank"].notna().all() and plainly["previous_rank"].ne(plainly["rank"]).any()
    assert plainly["rank_change"].isna().all()  # the quarter before has fewer metrics in this folder
    assert set(plainly["no_rank_change_reason"]) == {"the previous quarter was ranked on other metrics"}
    assert oddly["previous_rank"].isna().all() and oddly["rank_change"].isna().all()
    assert set(oddly["no_rank_change_reason"]) == {
        "no league of the previous quarter: no metric of this league is at hand for the quarter"
    }


# One publication alone


def test_quarter_from_one_publication_alone_is_partial(sample: Path, run: Any, tmp_path: Path) -> None:
    built = run(QUARTER, copied(sample, tmp_path / "extracts", JANUARY, FEBRUARY, MARCH), tmp_path / "data")
    assert built.problems == ()
    leagues = pd.read_parquet(built.release / "league_coverage.parquet").set_index("league")
    assert set(leagues.index) == {"acute", "ambulance", "icb", "mental_health_community"}
    for league, metric in (("acute", "OF0013"), ("icb", "ICB-AE-4H")):
        found = leagues.loc[league]
        assert (found["coverage"], found["value_basis"], found["metrics_scored"]) == ("partial", "computed", 1)
        missing = found["metrics_missing"].split()
        assert len(missing) == found["metrics_expected"] - 1 and metric not in missing
        assert not found["published"]
        assert found["absent_reason"].startswith(f"only 1 of the {found['metrics_expected']} metrics of the league")
    assert set(leagues.loc["icb", "metrics_missing"].split()) == {
        *("ICB-RTT-18W", "ICB-RTT-52W", "ICB-DM01-6W", "ICB-CANCER-28D", "ICB-CANCER-62D")
    }
    for league in ("ambulance", "mental_health_community"):
        assert leagues.loc[league, "absent_reason"] == "no metric of this league is at hand for the quarter"
    assert leagues.loc["icb", "framework_status"] == "experimental"
    assert not pd.read_parquet(built.release / "icb_league_table.parquet")["ranked"].any()
    values = pd.read_parquet(built.release / "metric_league_table.parquet")
    assert set(values["metric_id"]) >= {"OF0013", "ICB-AE-4H"}


# Damage


def new_trust(table: list[list[str]]) -> None:
    table[4][1], table[4][3] = "RZZ", "A NEW NHS TRUST"


def more_referrals(table: list[list[str]]) -> None:
    (england,) = [row for row in table if row[4] == "All Submitters" and row[5] == "TotalReferrals"]
    england[11] = f"{float(england[11]) + 1000:.1f}"


def test_figures_that_cannot_be_stop_the_command(sample: Path, league: League, tmp_path: Path) -> None:
    """A trust that no reference knows, and a thousand referrals too many: each is named, by one critical check. The
    trust whose row it has is missed, and a provider of no list is warned of."""
    folder = copied(sample, tmp_path / "extracts", JANUARY, FEBRUARY, MARCH, CSDS)
    for file, edit in ((MARCH, new_trust), (CSDS, more_referrals)):
        change(folder / file, edit)
    data = tmp_path / "data"
    code, shown = league("build", "--extracts", folder, "--quarter", QUARTER, "--data-dir", data)
    assert code == 1
    expected = (
        f"{QUARTER}: stopped, nothing published",
        "dbt.csds_providers_add_up (critical): 1 unexpected. Control total: providers add up to All Submitters",
        "month 2026-03-01, dimension TotalReferrals, england ",
        "dbt.trusts_are_known (critical): 1 unexpected",
        f"quarter {QUARTER}, organisation_code RZZ, organisation_name A New NHS Trust",
    )
    assert [text for text in expected if text not in shown] == [], shown
    assert re.findall(r"dbt\.(\w+) \((critical|warning)\)", shown) == [
        ("trusts_are_in_every_month", "warning"),
        ("trusts_in_files_are_known", "warning"),
        ("csds_providers_add_up", "critical"),
        ("trusts_are_known", "critical"),
    ], shown
    assert not list((data / "releases").rglob("*.*"))
