"""Workbooks of the kind .ods: what their rows are, and what is refused before it takes memory."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from string import ascii_letters
from typing import Any

import pytest

from orchestration.errors import InputError
from orchestration.sources import ods, sheets
from orchestration.sources.archives import open_archive
from orchestration.sources.recognise import recognise
from orchestration.sources.sheets import MAX_SHEETS, open_book
from tests.forms import write as write_book
from tests.forms import write_content, write_ods

END = "</table:table>"
LONG = "".join(random.Random(1).choices(ascii_letters, k=600_000))


def cell(text: str = "", **attributes: str) -> str:
    said = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:table-cell{said}>{text and f'<text:p>{text}</text:p>'}</table:table-cell>"


def row(*cells: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{"".join(cells)}</table:table-row>'


def rows_of(path: Path, name: str = "S") -> list[tuple[int, dict[int, Any]]]:
    with open_book(path, "f.ods") as book:
        return list(book.rows(name))


def read(tmp_path: Path, *rows: str) -> list[tuple[int, dict[int, Any]]]:
    return rows_of(write_content(tmp_path / "f", f'<table:table table:name="S">{"".join(rows)}{END}'))


def test_sheets_are_told_by_name_and_read_one_by_one(tmp_path: Path) -> None:
    sheets = {"Notes": [["a note"]], "A & B": [["x", None, 1.5], [], ["y", None, 10]], "Last": [[1]]}
    path = write_ods(tmp_path / "f", sheets)
    with open_book(path, "f.ods") as book:
        assert book.names == ["Notes", "A & B", "Last"]
        assert list(book.rows("A & B")) == [(1, {1: "x", 3: 1.5}), (2, {}), (3, {1: "y", 3: 10.0})]
        assert list(book.rows("Last")) == [(1, {1: 1.0})]


def test_names_are_found_wherever_a_piece_of_the_file_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_ods(tmp_path / "f", {f"Sheet {n}": [[n]] for n in range(9)})
    for piece in range(80, 140):
        monkeypatch.setattr(ods, "PIECE", piece)
        with open_book(path, "f.ods") as book:
            assert book.names == [f"Sheet {n}" for n in range(9)]


def test_what_is_repeated_and_what_stands_beside_a_cell(tmp_path: Path) -> None:
    note = "<office:annotation><text:p>somebody says</text:p></office:annotation>"
    spaced = "<table:table-cell><text:p>a<text:s/>b</text:p><text:p>c</text:p></table:table-cell>"
    found = read(
        tmp_path,
        row(cell("A", table_number_columns_repeated="2"), cell(table_number_columns_repeated="3"), cell("B"), times=2),
        row(cell(), times=3),
        row(spaced, f"<table:table-cell>{note}<text:p>D</text:p></table:table-cell>"),
        row(
            cell("May", office_value_type="date", office_date_value="2026-05-01"),
            cell("9 %", office_value_type="percentage", office_value="0.09"),
        ),
        row(cell(table_number_columns_repeated="16384"), times=1_000_000),
    )
    twice = {1: "A", 2: "A", 6: "B"}
    assert found[:2] == [(1, twice), (2, twice)]
    assert [number for number, values in found if values] == [1, 2, 6, 7]
    assert found[5:] == [(6, {1: "a b\nc", 2: "D"}), (7, {1: datetime(2026, 5, 1), 2: 0.09})]


@pytest.mark.parametrize("written", ["2026-03-01", "2026-03-01T00:00:00", "2026-03-01T00:00:00.000000000"])
def test_date_is_one_as_in_other_workbooks(tmp_path: Path, written: str) -> None:
    """The month above a table may be one."""
    found = read(tmp_path, row(cell("March", office_value_type="date", office_date_value=written)))
    assert found == [(1, {1: datetime(2026, 3, 1)})]


def test_date_that_is_none_stays_a_text(tmp_path: Path) -> None:
    found = read(tmp_path, row(cell("x", office_value_type="date", office_date_value="2026-13-01")))
    assert found == [(1, {1: "2026-13-01"})]


@pytest.mark.parametrize(
    "drawn",
    [
        '<draw:frame draw:name="a"><draw:image/><svg:title>a logo</svg:title></draw:frame>',
        "<draw:frame><draw:text-box><text:p>see notes</text:p></draw:text-box></draw:frame>",
        "<draw:custom-shape><text:p>see notes</text:p></draw:custom-shape>",
    ],
)
def test_what_is_drawn_in_a_cell_is_no_part_of_its_text(tmp_path: Path, drawn: str) -> None:
    before = f"<table:table-cell>{drawn}<text:p>Code</text:p></table:table-cell>"
    within = f"<table:table-cell><text:p>{drawn}Code</text:p></table:table-cell>"
    assert read(tmp_path, row(before, within)) == [(1, {1: "Code", 2: "Code"})]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row(cell("A", table_number_columns_repeated="1000000"))], "has a row of more than 4096 columns"),
        ([row(cell(table_number_columns_repeated="1000000"), cell("A"))], "has a row of more than 4096 columns"),
        ([row(cell("A"), times=2_000_000)], "has more than 1000 rows"),
        ([row(cell("A"), times=-1)], "is a damaged workbook (ValueError: table:number-rows-repeated is -1)"),
        ([row(cell(LONG), cell(LONG))], "(ValueError: it has a row of more than 1000000 characters)"),
        (
            [row(cell("A" * 1000, table_number_columns_repeated="4000"))],
            "(ValueError: it has a row of more than 1000000",
        ),
        ([row(cell("A" * 999_000), times=900)], "(ValueError: it has a sheet of more than 671088640 characters)"),
        ([row(cell("x", office_value_type="float"))], "is a damaged workbook (KeyError: 'office:value')"),
        ([f"<!--{LONG * 8}-->"], "(ValueError: it has a tag of more than 4194304 bytes)"),
        ([row(cell("x", table_style_name=LONG * 8))], "(ValueError: it has a tag of more than 4194304 bytes)"),
    ],
)
def test_what_would_not_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], problem: str
) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 1000)
    with pytest.raises(InputError) as refused:
        read(tmp_path, *rows)
    assert problem in str(refused.value)


@pytest.mark.parametrize("write", [write_ods, write_book])
def test_workbook_has_so_many_sheets(tmp_path: Path, write: Callable[[Path, dict[str, Any]], Path]) -> None:
    """Each may be looked at by every publication, in an .ods from the first byte of all sheets on."""
    names = [f"Provider {n}" for n in range(MAX_SHEETS + 1)]
    with open_book(write(tmp_path / "f", {name: [["a"]] for name in names[1:]}), "f") as book:
        assert book.names == names[1:]
    path = write(tmp_path / "f", {name: [["a"]] for name in names})
    with pytest.raises(InputError, match=rf"^f: has more than {MAX_SHEETS} sheets: save by itself what counts$"):
        recognise(path, "f")


def test_names_are_not_read_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ods, "PIECE", 100)
    path = write_ods(tmp_path / "f", {f"Sheet {n}": [[n]] for n in range(9)})
    with open_archive(path, "f") as archive, archive.open(ods.CONTENT) as stream:
        assert ods.sheet_names(stream, 3) == [f"Sheet {n}" for n in range(4)]


def test_large_workbook_has_fewer_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_ods(tmp_path / "f", {f"Provider {n}": [["a"]] for n in range(9)})
    with open_archive(path, "f") as archive:
        size = archive.getinfo(ods.CONTENT).file_size
    monkeypatch.setattr(sheets, "MAX_PARSED", 9 * size)
    assert recognise(path, "f") is None
    monkeypatch.setattr(sheets, "MAX_PARSED", 9 * size - 1)
    with pytest.raises(InputError, match=f"^f: has 9 sheets, too many for its {size} bytes unpacked: save by itself"):
        recognise(path, "f")


def test_document_that_declares_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    table = f'<table:table table:name="S">{row(cell("&b;"))}{END}'
    with pytest.raises(InputError, match="it has a document type"):
        rows_of(write_content(tmp_path / "f", table, bomb))


def test_workbook_that_breaks_off_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^f\.ods \[S\]: is a damaged workbook \(ExpatError: mismatched tag"):
        rows_of(write_content(tmp_path / "f", f'<table:table table:name="S">{row(cell("A"))}'))
    with pytest.raises(InputError, match="it breaks off"):
        rows_of(write_content(tmp_path / "f", "<!-- <table:table table:name='S'> -->"), "S")
