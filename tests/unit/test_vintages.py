"""Which file of a reference fits a quarter."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import survey, take_inventory
from orchestration.sources.lock import Lock
from orchestration.sources.vintages import fitting, vintage_of
from tests.unit.test_inventory import ae

ETR = known_sources()["ods_etr"]
Q1, Q4 = Quarter("2025-26-Q1"), Quarter("2025-26-Q4")


def etr_rows(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Trusts by open date, close date and ICB."""
    frame = pd.DataFrame(rows, columns=["open_date", "close_date", "high_level_health_geography"], dtype="string")
    return frame.assign(code="RA1")


@pytest.mark.parametrize(
    ("rows", "newest"),
    [
        ([("19910401", "", "QWO"), ("20110401", "20241231", "QWO")], "2024-12-31"),
        ([("19910401", "", "QWO"), ("20260601", "", "QWO")], "2026-06-01"),
        ([("19910401", "20241231", "QWO"), ("20110401", "", "S1Y5D")], "2026-04-01"),
        ([("19910401", "", "a code that no seed knows")], "1991-04-01"),
        ([("", "", "")], None),
    ],
    ids=["closed last", "opened last", "in an ICB of April 2026", "unknown ICB", "without a day"],
)
def test_vintage_is_the_newest_day_that_a_file_knows_of(rows: list[tuple[str, str, str]], newest: str | None) -> None:
    assert vintage_of(etr_rows(*rows), ETR) == newest


def test_only_a_described_reference_has_a_vintage() -> None:
    assert vintage_of(etr_rows(("19910401", "", "QWO")), known_sources()["ods_trusts"]) is None


@pytest.mark.parametrize(
    ("vintages", "quarter", "fits"),
    [
        ({"2024-12-31", "2025-06-30", "2025-07-01"}, Q1, "2025-06-30"),
        ({"2025-07-01", "2026-06-30"}, Q1, "2025-07-01"),
        ({"2024-12-31", "2026-06-30"}, Q4, "2024-12-31"),
    ],
    ids=["the latest by its end", "the earliest after it", "an old one before one to undo"],
)
def test_vintage_fits_a_quarter(vintages: set[str], quarter: Quarter, fits: str) -> None:
    assert fitting(vintages, quarter) == fits


def closed(extracts: Path, name: str, day: str) -> None:
    """An etr in which a trust closed on a day."""
    first, *others = (extracts / "ods" / "etr.csv").read_text().splitlines()
    cells = first.split(",")
    cells[11] = f'"{day}"'
    (extracts / "ods" / name).write_text("\n".join([",".join(cells), *others]) + "\n")


def test_each_quarter_uses_its_own_vintage(extracts: Path) -> None:
    ae(extracts, "a.csv", "JULY-2025")
    closed(extracts, "older.csv", "20250630")
    closed(extracts, "newer.csv", "20250930")
    (extracts / "ods" / "etr.csv").unlink()
    inventory = take_inventory(survey(extracts), "2025-26-Q2", Lock())
    etr = inventory[inventory["source_id"] == "ods_etr"].set_index(["quarter", "status"])
    assert etr["file_name"].to_dict() == {
        ("2025-26-Q1", "superseded"): "ods/newer.csv",
        ("2025-26-Q1", "used"): "ods/older.csv",
        ("2025-26-Q2", "superseded"): "ods/older.csv",
        ("2025-26-Q2", "used"): "ods/newer.csv",
    }
    why = "the newest day it knows of, 2025-06-30, fits the quarter best"
    assert etr.loc[("2025-26-Q1", "used"), "reason"] == why
    assert etr.loc[("2025-26-Q1", "superseded"), "reason"] == f"by ods/older.csv; {why}"


def test_files_of_one_vintage_that_differ_are_not_put_in_order(extracts: Path) -> None:
    ae(extracts, "a.csv", "JULY-2025")
    etr = (extracts / "ods" / "etr.csv").read_text()
    (extracts / "ods" / "again.csv").write_text(etr.replace("NAME", "OTHER NAME"))
    assert etr != (extracts / "ods" / "again.csv").read_text()
    with pytest.raises(LeagueError, match="nothing says which supersedes the other"):
        take_inventory(survey(extracts), "2025-26-Q2", Lock())


@pytest.mark.parametrize(
    "codes",
    [["TAD", "TAH", "TAJ"], ["00L", "A3A8R", "D9Y0V"], ["R0A01", "RXG01"]],
    ids=["care trusts", "sub-ICB locations", "sites"],
)
def test_another_report_of_the_same_columns_is_set_aside(extracts: Path, codes: list[str]) -> None:
    """Whatever days it knows of, which make a vintage."""
    ae(extracts, "a.csv", "JULY-2025")
    trust = (extracts / "ods" / "etr.csv").read_text(encoding="utf-8-sig")
    another = "".join(trust.replace("ZA1", code) for code in codes)
    (extracts / "ods" / "another.csv").write_text(another.replace("20250401", "20250630"))
    found = take_inventory(survey(extracts), "2025-26-Q2", Lock()).set_index("file_name")
    assert set(found.loc[["ods/etr.csv"], "status"]) == {"used"}
    assert found.loc["ods/another.csv", ["status", "reason"]].tolist() == [
        "not_known",
        "ods/another.csv, row 1, column code: is not 'ODS, NHS trusts (etr)', as like as it looks; found"
        f" '{codes[0]}'; expected such as RA2, of an NHS trust; other ODS reports have the same columns",
    ]
    (extracts / "ods" / "etr.csv").unlink()
    with pytest.raises(
        LeagueError, match=r"no file is 'ODS, NHS trusts .*\n.* other ODS reports have the same columns: ods"
    ):
        take_inventory(survey(extracts), "2025-26-Q2", Lock())


def test_an_etr_may_list_trusts_with_codes_of_another_kind(extracts: Path) -> None:
    """New trusts have five characters and stand first; care trusts may come to it."""
    ae(extracts, "a.csv", "JULY-2025")
    trust = (extracts / "ods" / "etr.csv").read_text(encoding="utf-8-sig")
    codes = ["G6V2S", "K0N6A", "ZA1", "ZA2", "ZA3", "TAD"]
    (extracts / "ods" / "etr.csv").write_text("".join(trust.replace("ZA1", code) for code in codes))
    found = take_inventory(survey(extracts), "2025-26-Q2", Lock()).set_index("file_name")
    assert set(found.loc[["ods/etr.csv"], "status"]) == {"used"}
