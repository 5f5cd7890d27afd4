"""The workbooks of a release, read by libraries that did not write them: one marked-up table a sheet, the cells of the
CSV, no formula, the same bytes each time."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries
from python_calamine import CalamineWorkbook

from orchestration.errors import LeagueError
from orchestration.releases import spreadsheets
from orchestration.releases.published_tables import published_tables
from orchestration.releases.release import PACKAGE, Release
from orchestration.releases.spreadsheets import EMPTY, FIRST, TABLES

LEAGUES = ("acute", "ambulance", "icb", "mental_health_community")
WORDS = ["Cover", "Contents", "Notes"]
HOSTILE = ("=1+1", "+1", "-1", "@x", "=cmd|' /C calc'!A0", "[x](https://example.org)", "$$note$$", "%", "a  b <&\"'>")
HOSTILE += ("\uff1d1+1", "\uff20x")


def workbook(release: Path, ending: str) -> Path:
    (path,) = release.glob(f"*.{ending}")
    return path


def table_of(path: Path, sheet: str) -> list[list[Any]]:
    """The cells of the table of a sheet, which stands below lines of one cell each."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    return [row for row in rows if row[1] != ""]


def as_in_csv(cell: Any) -> str:
    if cell == EMPTY:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def expected(release: Path, sheet: str) -> list[dict[str, str]]:
    """The rows of the CSV that a sheet is of."""
    league = sheet.removeprefix("league_") if sheet.removeprefix("league_") in LEAGUES else None
    with (release / f"{'league_table' if league else sheet}.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if league in (None, row["league"])]


def test_named_as_the_release_with_a_sheet_a_league_and_table(built: Any) -> None:
    name = json.loads((built.release / PACKAGE).read_text())["name"]
    for ending in ("xlsx", "ods"):
        path = workbook(built.release, ending)
        assert path.stem == name
        sheets = CalamineWorkbook.from_path(path).sheet_names
        tables = [table for table in TABLES if expected(built.release, table)]
        assert sheets[:3] == WORDS and set(sheets[3:]) == {f"league_{league}" for league in LEAGUES} | set(tables)
        assert max(map(len, sheets)) <= 31
        assert [row[0] for row in table_of(path, "Contents")[1:]] == sheets[3:]


def test_every_sheet_is_one_marked_up_table_without_gaps(built: Any) -> None:
    """As the Analysis Function asks: no merged or blank cell, no empty row, nothing hidden, text above the table."""
    book = openpyxl.load_workbook(workbook(built.release, "xlsx"))
    assert not book["Cover"].tables and book.properties.title
    for page in book.worksheets:
        assert not page.merged_cells.ranges and page.sheet_state == "visible" and page.max_row > 1
        rows = list(page.iter_rows(values_only=True))
        assert all(row[0] is not None for row in rows), page.title
        if page.title == "Cover":
            continue
        (table,) = page.tables.values()
        left, top, right, bottom = range_boundaries(table.ref)
        assert (left, right, bottom) == (1, page.max_column, page.max_row)
        assert [column.name for column in table.tableColumns] == list(rows[top - 1])
        assert all(set(row[1:]) == {None} for row in rows[: top - 1]), page.title
        assert all(cell is not None for row in rows[top - 1 :] for cell in row), page.title
        assert rows[1][0] == "This sheet has one table."


def test_ods_marks_its_tables_up(built: Any) -> None:
    content = zipfile.ZipFile(workbook(built.release, "ods")).read("content.xml")
    names = {short: f"urn:oasis:names:tc:opendocument:xmlns:{short}:1.0" for short in ("table", "office")}
    root = ElementTree.fromstring(content)
    ranges = root.findall(".//table:database-range", names)
    sheets = CalamineWorkbook.from_path(workbook(built.release, "ods"))
    for sheet, found in zip(sheets.sheet_names[1:], ranges, strict=True):
        place = found.attrib[f"{{{names['table']}}}target-range-address"].replace(f"'{sheet}'.", "")
        left, top, right, bottom = range_boundaries(place)
        rows = sheets.get_sheet_by_name(sheet).to_python()
        assert (left, right, bottom) == (1, len(rows[0]), len(rows))
        assert "" not in rows[top - 1] and set(rows[top - 2][1:]) == {""}
    assert len(root.findall(".//table:table-header-rows", names)) == len(ranges)
    assert not root.findall(".//table:covered-table-cell", names)


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_cells_are_those_of_the_csv(built: Any, ending: str) -> None:
    path = workbook(built.release, ending)
    for sheet in CalamineWorkbook.from_path(path).sheet_names[3:]:
        heading, *rows = table_of(path, sheet)
        of_csv = expected(built.release, sheet)
        assert set(heading) >= set(of_csv[0]) - {"quarter", "league"} and len(rows) == len(of_csv) > 0, sheet
        assert not sheet.startswith("league_") or sheet == "league_coverage" or tuple(heading[:5]) == FIRST
        for row, wanted in zip(rows, of_csv, strict=True):
            for column, cell in zip(heading, row, strict=True):
                if isinstance(cell, float):
                    assert cell == float(wanted[column]), (sheet, column)
                else:
                    assert as_in_csv(cell) == wanted[column], (sheet, column)


def test_figures_are_numbers(built: Any) -> None:
    for ending in ("xlsx", "ods"):
        heading, *rows = table_of(workbook(built.release, ending), "league_acute")
        kinds = {column: {type(row[at]) for row in rows if row[at] != EMPTY} for at, column in enumerate(heading)}
        assert kinds["rank"] == kinds["average_score"] == {float} and kinds["ranked"] == {bool}


def test_notes_say_what_every_column_means(built: Any) -> None:
    path = workbook(built.release, "ods")
    said = {(row[0], row[1]) for row in table_of(path, "Notes")[1:] if row[2]}
    for sheet in CalamineWorkbook.from_path(path).sheet_names[3:]:
        of = "one a league" if sheet.removeprefix("league_") in LEAGUES else sheet
        assert {(of, column) for column in table_of(path, sheet)[0]} <= said


def test_cover_says_what_it_is_and_what_it_does_not_show(built: Any) -> None:
    release = Release.read(built.release)
    of_real = replace(release, package={**release.package, "synthetic": False, "title": "NHS league tables"})
    fictional, real = ([line for _, line in spreadsheets._cover(one)] for one in (release, of_real))
    for ending in ("xlsx", "ods"):
        rows = CalamineWorkbook.from_path(workbook(built.release, ending)).get_sheet_by_name("Cover").to_python()
        assert [row[0] for row in rows] == fictional
    assert fictional[0].startswith("FICTIONAL: ") and fictional[1].startswith("FICTIONAL. ")
    assert not any("Open Government" in line for line in fictional)
    assert "These are not official statistics" in real[1] and "Open Government Licence v3.0" in real[2]
    for lines in (fictional, real):
        assert {"What this is", "How to read it", "What the tables do not show"} < set(lines)
        assert any(line.startswith("Quarter 2025-26-Q4, version 1") for line in lines)
        assert any(release.package["contract_version"] in line for line in lines) and "" not in lines


@pytest.fixture
def hostile(built_first: Any, tmp_path: Path) -> Release:
    """A release in which names are what a spreadsheet or its writer would obey."""
    folder = tmp_path / "v1"
    shutil.copytree(built_first.release, folder, ignore=shutil.ignore_patterns("*.xlsx", "*.ods"))
    folder.chmod(0o755)
    path = folder / "league_table.parquet"
    path.chmod(0o644)
    rows = pd.read_parquet(path)
    (ranked,) = (rows.index[rows["league"] == "mental_health_community"],)
    rows.loc[ranked[: len(HOSTILE)], "organisation_name"] = HOSTILE
    rows.to_parquet(path)
    return Release.read(folder)


def test_name_is_never_a_formula_and_never_a_link(hostile: Release) -> None:
    for path in spreadsheets.write(hostile, published_tables()):
        names = [row[4] for row in table_of(path, "league_mental_health_community")[1:]]
        neutral = [f"'{name}" if name[0] in "=+-@\uff1d\uff20" else name for name in HOSTILE]
        assert names[: len(HOSTILE)] == neutral
        with zipfile.ZipFile(path) as parts:
            sheets = [name for name in parts.namelist() if name.startswith(("xl/worksheets/sheet", "content"))]
            text = "".join(parts.read(name).decode() for name in sheets)
            assert sheets and "<f>" not in text and "table:formula" not in text and 'example.org"' not in text
            assert not any("externalLink" in name for name in parts.namelist())


def test_cell_that_no_spreadsheet_can_hold_stops_it(hostile: Release) -> None:
    """The library leaves it out and says so by a number that nobody reads."""
    path = hostile.folder / "league_table.parquet"
    rows = pd.read_parquet(path)
    rows.loc[0, "organisation_name"] = "x" * 32768
    rows.to_parquet(path)
    with pytest.raises(LeagueError, match=r"more than a spreadsheet can, 'x{59}…'"):
        spreadsheets.write(Release.read(hostile.folder), published_tables())


def test_same_release_gives_the_same_bytes(hostile: Release) -> None:
    """On any day and any machine: no part has a date of its own, and none is compressed."""
    first = [path.read_bytes() for path in spreadsheets.write(hostile, published_tables())]
    paths = spreadsheets.write(Release.read(hostile.folder), published_tables())
    assert [path.read_bytes() for path in paths] == first
    for path in paths:
        with zipfile.ZipFile(path) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert {part.compress_type for part in parts.infolist()} == {zipfile.ZIP_STORED}
            assert path.suffix == ".xlsx" or parts.namelist()[0] == "mimetype"
    created = openpyxl.load_workbook(paths[0]).properties.created
    assert created == spreadsheets.NO_DAY
