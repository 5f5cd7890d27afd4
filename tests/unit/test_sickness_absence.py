"""Files of sickness absence, which count in the quarter after their own, whoever wrote them in whatever year."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from orchestration.errors import InputError
from orchestration.quarters import Quarter
from orchestration.sources import recognise
from orchestration.sources.calendar import expected
from orchestration.sources.contents import contents
from orchestration.sources.descriptions import known_sources
from orchestration.sources.inventory import survey, take_inventory
from orchestration.sources.lock import Lock
from orchestration.sources.recognise import Subject
from orchestration.workspace.paths import DBT_PROJECT
from tests.unit.test_csv_files import csv_bytes

SICKNESS = known_sources()["sickness"]
HEADINGS = [column.published[0] for column in SICKNESS.columns]
OLDER = ["Tm End Date", "NHSE_Region_Code", "NHSE_Region_Name", "Org Code", "Org Name", "Org Type"]
OLDER += ["FTE Days Lost", "FTE Days Available", "SA Rate (%)"]
ROW = ["Y56", "London", "XA1", "Somewhere", "ZA1", "A NHS Trust", "Acute", "4.5", "100.25", "4.49"]


def write(path: Path, *rows: list[str]) -> Path:
    path.write_bytes(csv_bytes(*rows))
    return path


def about(path: Path) -> list[Subject]:
    found = recognise.recognise(path, "f")
    assert found and found.source == SICKNESS
    return recognise.subjects_of(path, found, "f")[0]


@pytest.mark.parametrize(
    ("text", "month", "quarter"),
    [
        ("31/03/2025", "2025-03", "2025-26-Q1"),
        ("30/04/2025", "2025-04", "2025-26-Q2"),
        ("31/12/25", "2025-12", "2025-26-Q4"),
        ("2009-Apr", "2009-04", "2009-10-Q2"),
        ("2026-01-31", "2026-01", "2026-27-Q1"),
        ("2026-01-31 00:00:00", "2026-01", "2026-27-Q1"),
        ("31-Jan-26", "2026-01", "2026-27-Q1"),
        ("31-JAN-2026", "2026-01", "2026-27-Q1"),
        ("31JAN2026", "2026-01", "2026-27-Q1"),
        ("Jan-26", "2026-01", "2026-27-Q1"),
        ("January 2026", "2026-01", "2026-27-Q1"),
        ("Jan 2026", "2026-01", "2026-27-Q1"),
        ("2026-01", "2026-01", "2026-27-Q1"),
    ],
)
def test_a_month_counts_in_the_quarter_after_its_own_however_it_is_written(
    tmp_path: Path, text: str, month: str, quarter: str
) -> None:
    assert about(write(tmp_path / "x.csv", HEADINGS, [text, *ROW])) == [Subject(quarter, month)]


def test_the_model_reads_every_date_that_the_description_does() -> None:
    assert SICKNESS.period
    model = (DBT_PROJECT / "models" / "stage" / "sickness_days.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"'(%[^']*)'", model)) == set(SICKNESS.period.format)


def test_older_headings_and_a_file_of_many_months_are_read(tmp_path: Path) -> None:
    rows = [[text, *ROW[:2], *ROW[4:]] for text in ("2025-Feb", "2025-Mar", "2025-Apr")]
    found = about(write(tmp_path / "x.csv", OLDER, *rows))
    assert found == [
        Subject("2025-26-Q1", "2025-02"),
        Subject("2025-26-Q1", "2025-03"),
        Subject("2025-26-Q2", "2025-04"),
    ]


def test_a_cell_that_is_no_month_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        about(write(tmp_path / "x.csv", HEADINGS, ["31/01/2025", *ROW], ["Winter", *ROW]))
    assert str(refused.value) == (
        "f, row 3, column DATE: names no month; found 'Winter'; expected such as 01/04/2025, the first or last day of a"
        " month"
    )


def test_a_file_may_hold_months_but_none_of_next_to_no_rows(tmp_path: Path) -> None:
    """A cell filled with the month of another file would put that month in its place."""
    rows = [[day, *ROW] for day in ("28/02/2025", "31/03/2025") for _ in range(21)]
    path = write(tmp_path / "x.csv", HEADINGS, *rows)
    assert [subject.period for subject in about(path)] == ["2025-02", "2025-03"]
    write(path, HEADINGS, *rows[-21:], ["28/02/2025", *ROW], ["28/02/2025", *ROW])
    with pytest.raises(InputError) as refused:
        about(path)
    assert str(refused.value) == (
        "f, row 23, column DATE: is about another month than the file; found '28/02/2025'; expected 2025-03, as in most"
        " rows"
    )


@pytest.mark.parametrize("more", [["REASON"], ["Staff Group"], ["STAFF_GROUP", "REASON"]])
def test_the_breakdown_by_reason_is_another_publication(tmp_path: Path, more: list[str]) -> None:
    """It repeats the days available on every row of a trust."""
    path = write(tmp_path / "x.csv", [*HEADINGS[:-1], *more], ["31/01/2025", *ROW[:-1], *more])
    (found,) = contents(path, "x.csv", "s")
    assert found.source_id is None and found.problem == "no publication known here"


@pytest.mark.parametrize(
    ("quarter", "used"),
    [("2025-26-Q1", ["01.csv"]), ("2025-26-Q2", ["01.csv", "04.csv"]), ("2025-26-Q3", ["04.csv", "07.csv"])],
)
def test_files_of_the_quarter_before_are_wanted_and_others_set_aside(
    extracts: Path, quarter: str, used: list[str]
) -> None:
    for text in ("31/01/2025", "30/04/2025", "31/07/2025"):
        write(extracts / f"{text[3:5]}.csv", HEADINGS, [text, *ROW])
    inventory = take_inventory(survey(extracts), quarter, Lock())
    inventory = inventory[inventory["source_id"] == "sickness"].set_index("file_name")
    assert [*inventory.index[inventory["status"] == "used"]] == used
    others = inventory[inventory["status"] != "used"]
    assert set(others["status"]) == {"not_asked_for"}
    assert {*others["reason"]} == {f"{quarter} does not need {period}" for period in others["period"]}


def test_the_calendar_awaits_the_quarter_before() -> None:
    awaited = [one for one in expected(Quarter("2025-26-Q1"), (), date(2025, 7, 1)) if one.source_id == "sickness"]
    assert [one.name for one in awaited] == ["2025-01", "2025-02", "2025-03"]
    assert {one.subject.quarter for one in awaited} == {"2025-26-Q1"}
