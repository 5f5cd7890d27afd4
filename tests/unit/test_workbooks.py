"""Reading workbooks strictly: every row of every table, and an error for whatever is not as described."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from orchestration.errors import InputError
from orchestration.sources import recognise, workbooks
from orchestration.sources.descriptions import known_sources
from tests import forms

CANCER = known_sources()["cancer"]
DAYS_28, DAYS_62 = CANCER.sheets
PARTS = ("PART A: ALL ROUTES", "PART B: URGENT SUSPECTED CANCER")

Sheets = dict[str, list[list[Any]]]


def table(sheet: str, *, blank_before_england: bool = True) -> list[list[Any]]:
    """A header, two providers and England, as published: a spacer before the bands, England below a blank row."""
    names = CANCER.sheets[sheet]
    spacer = next(n for n, name in enumerate(names) if name.startswith("t") and "within" in name) + 1
    headings: list[Any] = [CANCER.headings_of(name)[0] for name in names]
    texts = 3 if sheet == DAYS_28 else 4
    rows = [headings] + [
        [code, *["TEXT"] * (texts - 1), count, *[1] * (len(names) - texts - 1)]
        for code, count in (("ZA1", 780), ("ZA2", 52.5), (None, 832.5))
    ]
    rows[2][spacer - 1] = 0.823076923076923
    rows = [[None, *row[:spacer], " " if row is headings else None, *row[spacer:]] for row in rows]
    return [*rows[:3], *([[]] if blank_before_england else []), rows[3]]


def published() -> Sheets:
    preamble: list[list[Any]] = [
        ["WAITS"],
        ["Apr-25"],
        ["BASIS: PROVIDER BASED INCLUDING WELSH"],
        ["DEFINITIONS: 1"],
        [],
    ]
    groups: list[Any] = [None, None, None, None, "NUMBER OF PEOPLE"]
    tables = [[title, [], groups, *table(DAYS_62), [], []] for title in ([part] for part in PARTS)]
    sheets = {
        "Frontpage": [["Cancer"]],
        DAYS_28: [*preamble, groups, *table(DAYS_28)],
        DAYS_62: [*preamble, *tables[0], *tables[1]],
    }
    return {name: [list(row) for row in rows] for name, rows in sheets.items()}


def write(path: Path, sheets: Sheets, dimension: str | None = "A1") -> Path:
    """A workbook, by default one whose sheets say that they are one cell large."""
    return forms.write(path, sheets, dimension)


def row_of(sheets: Sheets, sheet: str, number: int) -> list[Any]:
    return sheets[sheet][number - 1]


@pytest.mark.parametrize("dimension", ["A1", None])
def test_every_row_of_every_table_is_read(tmp_path: Path, dimension: str | None) -> None:
    path = write(tmp_path / "x", published(), dimension)
    found = recognise.recognise(path, "f.xlsx")
    assert found == recognise.Recognised(CANCER)
    assert recognise.subjects_of(path, found, "f.xlsx") == (
        [recognise.Subject("2025-26-Q1", "2025-04", "provider")],
        None,
    )
    rows = recognise.read_rows(path, None, CANCER, "f.xlsx")
    assert list(rows.columns) == [*CANCER.names, "_source_member", "_source_row"]
    assert list(
        zip(rows["_source_member"], rows["_source_row"], rows["block"], rows["ods_code"], rows["total"], strict=True)
    ) == [
        (sheet, str(row), block, code, total)
        for sheet, start, block in ((DAYS_28, 8, ""), (DAYS_62, 10, PARTS[0]), (DAYS_62, 20, PARTS[1]))
        for row, code, total in ((start, "ZA1", "780"), (start + 1, "ZA2", "52.5"), (start + 3, "", "832.5"))
    ]
    assert set(rows["month"]) == {"Apr-25"}
    assert rows.loc[1, "told_within_28_days"] == "0.823076923076923"
    assert rows.loc[:2, "cancer_type"].isna().all()  # no such column on the sheet


def test_an_england_row_right_below_its_table_is_read_too(tmp_path: Path) -> None:
    sheets = published()
    sheets[DAYS_28][6:] = table(DAYS_28, blank_before_england=False)
    rows = workbooks.read_workbook(write(tmp_path / "x", sheets), CANCER, "f")
    assert list(rows["ods_code"][:3]) == ["ZA1", "ZA2", ""]


def test_footnote_marks_do_not_matter(tmp_path: Path) -> None:
    sheets = published()
    plain = workbooks.read_workbook(write(tmp_path / "x", sheets), CANCER, "f")
    for sheet, rows in ((DAYS_28, (2, 3, 7)), (DAYS_62, (2, 3, 8, 9, 18, 19))):
        for cells in (row_of(sheets, sheet, number) for number in rows):
            cells[:] = [f"{cell} [note 2]" if isinstance(cell, str) and cell.strip() else cell for cell in cells]
    pd.testing.assert_frame_equal(workbooks.read_workbook(write(tmp_path / "y", sheets), CANCER, "f"), plain)


def test_the_month_may_be_a_date(tmp_path: Path) -> None:
    sheets = published()
    for sheet in (DAYS_28, DAYS_62):
        sheets[sheet][1] = [datetime(2025, 9, 1)]
    sheets[DAYS_28][2] = sheets[DAYS_62][2] = ["BASIS: COMMISSIONER BASED"]
    path = write(tmp_path / "x", sheets)
    assert workbooks.subjects(path, CANCER, "f") == ([("2025-09", "commissioner")], None)
    assert set(workbooks.read_workbook(path, CANCER, "f")["month"]) == {"Sep-25"}


@pytest.mark.parametrize("respelt", [lambda name: f"{name} ", str.title])
def test_case_and_blanks_of_the_names_of_sheets_do_not_matter(tmp_path: Path, respelt: Callable[[str], str]) -> None:
    plain = workbooks.read_workbook(write(tmp_path / "x", published()), CANCER, "f")
    path = write(tmp_path / "y", {respelt(name): rows for name, rows in published().items()})
    assert recognise.recognise(path, "f.xlsx") == recognise.Recognised(CANCER)
    assert workbooks.subjects(path, CANCER, "f") == ([("2025-04", "provider")], None)
    assert workbooks.months_told(path, CANCER, "f") == {"2025-04"}
    pd.testing.assert_frame_equal(workbooks.read_workbook(path, CANCER, "f"), plain)


def respelt(sheets: Sheets) -> None:
    """In headings and in titles of tables."""
    for sheet, rows in ((DAYS_28, (7,)), (DAYS_62, (6, 9, 16, 19))):
        for cells in (row_of(sheets, sheet, number) for number in rows):
            cells[:] = [cell.title().replace(" ", "\n") if isinstance(cell, str) else cell for cell in cells]


def noted(sheets: Sheets) -> None:
    """Below, between and in tables, where nothing else stands."""
    for sheet, rows in ((DAYS_28, (12, 9, 8)), (DAYS_62, (26, 15, 10))):
        for number in rows:
            sheets[sheet].insert(number - 1, ["Note: figures are provisional"])


def saved_as_text(sheets: Sheets) -> None:
    for rows in (sheets[DAYS_28][7:], sheets[DAYS_62][9:13]):
        for cells in rows:
            cells[:] = [f" {cell} " if isinstance(cell, int | float) else cell for cell in cells]


@pytest.mark.parametrize("change", [respelt, noted, saved_as_text])
def test_what_differs_between_workbooks_changes_no_figure(tmp_path: Path, change: Callable[[Sheets], None]) -> None:
    sheets = published()
    plain = workbooks.read_workbook(write(tmp_path / "x", sheets), CANCER, "f").drop(columns="_source_row")
    change(sheets)
    rows = workbooks.read_workbook(write(tmp_path / "y", sheets), CANCER, "f").drop(columns="_source_row")
    pd.testing.assert_frame_equal(rows, plain)


def test_every_sheet_of_a_name_is_read(tmp_path: Path) -> None:
    """The rows of a copy stand twice, which the gate sees."""
    path = write(tmp_path / "x", {**published(), f"{DAYS_28} ": published()[DAYS_28]})
    rows = workbooks.read_workbook(path, CANCER, "f")
    assert rows["_source_member"].value_counts()[DAYS_28] == 2 * 3


def replace(sheet: str, row: int, column: int, value: Any) -> Callable[[Sheets], None]:
    def change(sheets: Sheets) -> None:
        cells = row_of(sheets, sheet, row)
        cells += [None] * (column - len(cells))
        cells[column - 1] = value

    return change


def insert(sheet: str, row: int, cells: list[Any]) -> Callable[[Sheets], None]:
    return lambda sheets: sheets[sheet].insert(row - 1, cells)


def without(sheet: str, *rows: int) -> Callable[[Sheets], None]:
    def change(sheets: Sheets) -> None:
        sheets[sheet] = [row for number, row in enumerate(sheets[sheet], start=1) if number not in rows]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda sheets: sheets.pop(DAYS_62),
            r"^f: lacks a sheet; found 'Frontpage, 28-DAY FDS .*'; expected 62-DAY \(ALL CANCER\)$",
        ),
        (replace(DAYS_28, 7, 2, "CODE"), r"\[28-DAY .*\], row 8: has a row outside every table; expected a header"),
        (without(DAYS_28, 7, 8, 9, 11), r"^f \[28-DAY .*\]: has no table with rows"),
        (without(DAYS_28, 8, 9, 11), r"^f \[28-DAY .*\]: has no table with rows"),
        (
            replace(DAYS_28, 7, 6, "WITHIN 2 DAYS"),
            "row 7, column F: has another .* 'WITHIN 2 DAYS'; expected WITHIN 28 DAYS",
        ),
        (replace(DAYS_28, 7, 14, None), "row 7: has another heading than described; expected AFTER 62 DAYS"),
        (replace(DAYS_28, 7, 15, "MORE"), "row 7, column O: has another .* found 'MORE'; expected no further heading"),
        (replace(DAYS_28, 8, 9, 1), "row 8, column I: holds a value in no column of the table; found '1'"),
        (replace(DAYS_28, 8, 1, "x"), "row 8, column A: holds a value in no column of the table; found 'x'"),
        (replace(DAYS_28, 8, 5, "#REF!"), "row 8, column E: holds an error; found '#REF!'"),
        (replace(DAYS_28, 8, 5, True), "row 8, column E: holds neither text nor number; found 'True'"),
        (
            replace(DAYS_28, 8, 5, datetime(2025, 4, 1)),
            "row 8, column E: holds neither text nor number; found '2025-04-01",
        ),
        (insert(DAYS_28, 9, []), "row 10: has a row outside every table"),
        (lambda sheets: sheets[DAYS_28].append(["", "Notes: x"]), "row 12: has a row outside every table"),
        (insert(DAYS_28, 10, [None, "Notes: x"]), "row 10, column E: holds no figure; expected a number"),
        (
            insert(DAYS_28, 9, [None, "ZA9", "A", "B", *"*****", None, *"*****"]),
            r"row 9, column E: holds no number; .*'\*'",
        ),
        (replace(DAYS_28, 8, 5, "1,234"), "row 8, column E: holds no number; found '1,234'; expected a number"),
        (replace(DAYS_28, 11, 8, "-"), "row 11, column H: holds no number; found '-'; expected a number"),
        (replace(DAYS_28, 8, 14, None), "row 8, column N: holds no figure; expected a number"),
        (lambda sheets: sheets[DAYS_28].append([None, "ZA9", *"TT*****"]), "row 12: has a row outside every table"),
        (lambda sheets: sheets[DAYS_28].append([7]), "row 12: has a row outside every table"),
        (lambda sheets: sheets[DAYS_28].extend([[], [None, "Notes: x"]]), "row 13: has a row outside every table"),
        (replace(DAYS_62, 16, 1, "B: URGENT"), "row 19: has a table without a PART of its own"),
        (without(DAYS_62, 6), r"\[62-DAY .*\]: has a first table without a PART"),
        (without(DAYS_62, 16), "row 18: has a table without a PART of its own"),
        (replace(DAYS_62, 16, 1, PARTS[0]), "row 16: has a PART twice; found 'PART A: ALL ROUTES'"),
        (replace(DAYS_62, 19, 2, "CODE"), r"row 18: has a row outside every table; expected .* ODS CODE \(1\)"),
        (replace(DAYS_62, 9, 2, "CODE"), "row 8: has a row outside every table"),
        (without(DAYS_62, 18, 19, 20, 21, 22, 23), r"\[62-DAY .*\]: has no table with rows; found 'PART B"),
        (
            replace(DAYS_28, 2, 1, "April"),
            r"^f \[28-DAY .*\], row 2, column A: names no month; found 'April'; .* Apr-25",
        ),
        (replace(DAYS_28, 2, 1, "May-25"), r"^f \[62-DAY .*\]: is not about the same as the first sheet"),
        (
            replace(DAYS_28, 3, 1, "BASIS"),
            r"row 3, column A: is no part known here; found 'BASIS'; expected one of PROVIDER",
        ),
        (replace(DAYS_28, 3, 1, None), "row 3, column A: holds no text; expected basis"),
    ],
)
def test_what_is_not_as_described_is_named_with_its_place(
    tmp_path: Path, change: Callable[[Sheets], None], message: str
) -> None:
    sheets = published()
    change(sheets)
    path = write(tmp_path / "x", sheets)
    with pytest.raises(InputError, match=message):
        workbooks.subjects(path, CANCER, "f")
        workbooks.read_workbook(path, CANCER, "f")


def test_other_workbooks_are_no_publication(tmp_path: Path) -> None:
    assert recognise.recognise(write(tmp_path / "x", {"Sheet1": [["a"]]}), "f") is None


def tampered(path: Path, member: str, content: bytes | None) -> Path:
    """The workbook with another content of one member, or without it; texts are declared to be shared."""
    write(path, published())
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    shared = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    shared += b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", shared)
    members["xl/sharedStrings.xml"] = b"<sst/>"
    with zipfile.ZipFile(path, "w") as archive:
        for name, good in members.items():
            if name != member or content is not None:
                archive.writestr(name, content if name == member else good)  # type: ignore[arg-type]
    return path


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE sst [<!ENTITY a0 "ha">{ENTITIES}]><sst><si><t>&a11;</t></si></sst>'.encode()


@pytest.mark.parametrize(
    ("member", "content", "says"),
    [
        ("", b"", ""),
        ("xl/sharedStrings.xml", b"<sst", "ParseError"),
        ("xl/sharedStrings.xml", BOMB, "it has a document type"),
        ("xl/worksheets/sheet2.xml", BOMB, "it has a document type"),
        ("xl/worksheets/sheet2.xml", b"<worksheet><sheetData><row", "ParseError"),
        ("[Content_Types].xml", None, "KeyError"),
        ("xl/styles.xml", b"", "ParseError"),
    ],
)
def test_a_damaged_workbook_says_so(tmp_path: Path, member: str, content: bytes | None, says: str) -> None:
    path = tampered(tmp_path / "x", member, content)
    if not member:
        assert workbooks.subjects(path, CANCER, "f") == ([("2025-04", "provider")], None)
        return
    with pytest.raises(InputError, match=rf"^f( \[.*\])?: is a damaged workbook \(.*{says}.*\): download it again$"):
        workbooks.read_workbook(path, CANCER, "f")
