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
