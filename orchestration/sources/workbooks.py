"""Reading the tables of a workbook strictly: every row of every table on the sheets described is landed, and what is
neither table nor preamble is an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import ZipFile

import openpyxl
import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from openpyxl.utils import column_index_from_string, coordinate_to_tuple, get_column_letter

from orchestration.errors import InputError
from orchestration.sources.archives import open_archive
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.periods import month_of, month_written
from orchestration.text import HIDDEN

BOOK = "xl/workbook.xml"
PART = "PART "  # what the title of a table starts with; other text above a table is preamble
MAX_ROWS = 1_048_576  # of a sheet; empty rows are counted out to a row number beyond
PREAMBLE = 16  # rows and columns of a sheet in which its month stands
MAX_COLUMNS = 256  # openpyxl fills a row up to its last cell; the widest known has 18 (cancer workbooks)

Row = dict[int, Any]  # cells that are not blank, by column, the first being 1


def source_by_sheets(archive: ZipFile, file: str) -> Source | None:
    """The publication that the sheets of a workbook look like, or none."""
    try:
        with archive.open(BOOK) as stream:
            names = {element.get("name") for _, element in iterparse(stream) if element.tag.endswith("}sheet")}
    except (ParseError, DefusedXmlException) as error:
        raise _damaged(file, error) from None
    sources = [source for source in known_sources().values() if names & set(source.sheets)]
    return max(sources, key=lambda source: len(names & set(source.sheets)), default=None)


def subject(path: Path, source: Source, file: str) -> tuple[str, str]:
    """The month and the part that a workbook is about. Raises InputError where its sheets do not agree."""
    with _sheets(path, source, file) as sheets:
        found = {place: _subject(sheet, source, place) for place, sheet in sheets.items()}
    first, *others = found
    for place in others:
        if found[place] != found[first]:
            raise InputError(
                "is not about the same as the first sheet", file=place, found=found[place], expected=found[first]
            )
    return found[first]


def read_workbook(path: Path, source: Source, file: str) -> pd.DataFrame:
    """Every row of every table on the sheets of a source, as text, with `_source_member` (the sheet) and `_source_row`.

    A column that a sheet does not have is missing (NA), not blank. Raises InputError on sheets, tables and columns that
    are not as described, on rows outside every table and on cells that are neither text nor number.
    """
    with _sheets(path, source, file) as sheets:
        rows = [row for place, sheet in sheets.items() for row in _tables(sheet, source, place)]
    return pd.DataFrame(rows, columns=[*source.names, "_source_member", "_source_row"], dtype="string")


@contextmanager
def _sheets(path: Path, source: Source, file: str) -> Iterator[dict[str, Any]]:
    """The sheets of a source, by what messages call them."""
    with open_archive(path, file), path.open("rb") as content:
        with _reading(file):
            book = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
        if missing := [name for name in source.sheets if name not in book.sheetnames]:
            raise InputError("lacks a sheet", file=file, expected=", ".join(missing))
        for name in source.sheets:
            book[name].reset_dimensions()  # most cancer workbooks say that every sheet is one cell large
        yield {f"{file} [{name}]": book[name] for name in source.sheets}


@contextmanager
def _reading(file: str) -> Iterator[None]:
    """Around what openpyxl does: it has no error of its own, so damage shows as whatever went wrong."""
    try:
        yield
    except Exception as error:
        raise _damaged(file, error.__cause__ or error) from None


def _damaged(file: str, error: BaseException) -> InputError:
    return InputError(f"is a damaged workbook ({type(error).__name__}: {error}): download it again", file=file)


def _context(sheet: Any, source: Source, file: str) -> dict[str, str]:
    """The texts of the single cells that every row of a sheet carries. A month may be a date."""
    assert source.period
    context = {}
    for column in source.columns:
        if column.cell:
            with _reading(file):
                value = sheet[column.cell].value
            if isinstance(value, datetime) and column.cell == source.period.cell:
                value = value.strftime(source.period.format)
            if not isinstance(value, str) or not value.strip():
                raise InputError("holds no text", file=file, **_place(column.cell), found=value, expected=column.name)
            context[column.cell] = value
    return context


def _subject(sheet: Any, source: Source, file: str) -> tuple[str, str]:
    period, part = source.period, source.part
    assert period and period.cell and part
    context = _context(sheet, source, file)
    month = month_of(context[period.cell], period, file, **_place(period.cell))
    parts = [name for name, text in part.values.items() if text in context[part.cell]]
    if len(parts) != 1:
        raise InputError(
            "is no part known here",
            file=file,
            **_place(part.cell),
            found=context[part.cell],
            expected=f"one of {', '.join(part.values.values())}",
        )
    assert month  # no cell of a workbook names a total
    return month, parts[0]


def _place(reference: str) -> dict[str, Any]:
    row, column = coordinate_to_tuple(reference)
    return {"row": row, "column": get_column_letter(column)}


def _tables(sheet: Any, source: Source, file: str) -> Iterator[dict[str, str]]:
    columns = source.sheets[sheet.title]
    context = _context(sheet, source, file)
    fixed = {column.name: context[column.cell] for column in source.columns if column.cell}
    titled = next(column for column in source.columns if column.title_in)
    title_at = column_index_from_string(titled.title_in or "")

    rows_under: dict[str, int] = {}
    title, table, group_headings, after_blank = "", None, 0, False

    def outside(number: int) -> InputError:
        expected = f"a header above it that starts with {' or '.join(source.headings_of(columns[0]))}"
        return InputError("has a row outside every table", file=file, row=number, expected=expected)

    for number, row in _rows(sheet, file):
        first = row[min(row)].value if row else None
        is_header = isinstance(first, str) and first.strip() in source.headings_of(columns[0])
        is_title = list(row) == [title_at] and isinstance(first, str) and first.startswith(PART)
        if group_headings and not is_header:
            raise outside(group_headings)
        group_headings = 0
        if not row:
            after_blank = True
            continue
        if is_title:
            if title:
                _complete(title, rows_under, file)
            title, table = str(first).strip(), None
            if title in rows_under:
                raise InputError("has a PART twice", file=file, row=number, found=title)
        elif is_header:
            if title in rows_under:
                raise InputError("has a table without a PART of its own", file=file, row=number)
            table, rows_under[title] = _header(row, columns, source, file, number), 0
        elif table and _numbers(row) and not (after_blank and min(table) in row):
            rows_under[title] += 1
            yield {
                **_values(row, table, file, number),
                **fixed,
                titled.name: title,
                "_source_member": sheet.title,
                "_source_row": str(number),
            }
            if min(table) not in row:
                table = None  # England, without a code, is the last row and may stand below a blank one
        elif _numbers(row):
            raise outside(number)
        elif rows_under or title:
            group_headings = number
        after_blank = False
    if group_headings:
        raise outside(group_headings)
    _complete(title, rows_under, file)
    if len(rows_under) > 1 and "" in rows_under:
        raise InputError("has a first table without a PART", file=file, expected="a title above every table")


def _complete(title: str, rows_under: dict[str, int], file: str) -> None:
    if not rows_under.get(title):
        raise InputError("has no table with rows", file=file, found=title or None, expected="a header and rows below")


def months_told(path: Path) -> set[str]:
    """The months that stand above the tables of a workbook that is not as described."""
    found = set()
    with suppress(InputError), _reading(""), path.open("rb") as content:
        for sheet in openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False):
            sheet.reset_dimensions()
            for row in sheet.iter_rows(max_row=PREAMBLE, max_col=PREAMBLE, values_only=True):
                found |= {month for value in row if (month := month_written(value))}
    return found


def _numbers(row: Row) -> bool:
    return any(not isinstance(cell.value, str) for at, cell in row.items() if at > 1)


def _header(row: Row, columns: tuple[str, ...], source: Source, file: str, number: int) -> dict[int, str]:
    """Which column of the sheet is which. Blank headings are spacers."""
    for position, name in zip_longest(row, columns):
        found = str(row[position].value).strip() if position else None
        if position is None or name is None or found not in source.headings_of(name):
            raise InputError(
                "has another heading than described",
                file=file,
                row=number,
                column=get_column_letter(position) if position else None,
                found=found,
                expected=" or ".join(source.headings_of(name)) if name else "no further heading",
            )
    return dict(zip(row, columns, strict=True))


def _values(row: Row, table: dict[int, str], file: str, number: int) -> dict[str, str]:
    for at, cell in row.items():
        if at not in table:
            problem = "holds a value in no column of the table"
        elif cell.data_type == "e":
            problem = "holds an error"
        elif isinstance(cell.value, bool) or not isinstance(cell.value, str | int | float):
            problem = "holds neither text nor number"
        else:
            continue
        raise InputError(problem, file=file, row=number, column=get_column_letter(at), found=str(cell.value))
    return {name: _text(row[at].value) if at in row else "" for at, name in table.items()}


def _text(value: str | int | float) -> str:
    """A number as a person would write it: without the noise of its last bits, without an exponent."""
    return format(Decimal(format(value, ".15g")), "f") if isinstance(value, float) else str(value)


def _rows(sheet: Any, file: str) -> Iterator[tuple[int, Row]]:
    rows = sheet.iter_rows()
    for number in range(1, MAX_ROWS + 1):
        with _reading(file):
            row = next(rows, None)
        if row is None:
            return
        if len(row) > MAX_COLUMNS:
            raise InputError(f"has a row of more than {MAX_COLUMNS} columns", file=file, row=number)
        cells = {cell.column: cell for cell in row if cell.value is not None and str(cell.value).strip()}
        for at, cell in cells.items():
            if found := HIDDEN.search(str(cell.value)):
                column = get_column_letter(at)
                raise InputError("holds a control character", file=file, row=number, column=column, found=found[0])
        yield number, cells
    raise InputError(f"has more than {MAX_ROWS} rows", file=file)
