"""Sheets of tables that stand one below the other, as in the cancer workbooks: every row of every table is landed, and
what is neither table nor preamble is an error.

Belongs here: tables as rows of cells. Does not: opening a workbook (`sheets.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice, zip_longest
from typing import Any

from openpyxl.utils import column_index_from_string, coordinate_to_tuple, get_column_letter

from orchestration.errors import InputError
from orchestration.sources.descriptions import Source
from orchestration.sources.footnotes import without_marks
from orchestration.sources.periods import month_hinted, month_of, part_of, refuse_several
from orchestration.sources.sheet_tables import NUMBER, plain
from orchestration.sources.sheets import Book, Row, as_text, is_error, is_text_or_number

TITLE = re.compile(r"PART \w\b")  # what that of a table starts with; other text by itself is a note


def likeness(book: Book, source: Source) -> float:
    """Whether a workbook looks like this publication, 0 or 1: by the name of a sheet."""
    return float(any(_names(book, described) for described in source.sheets))


def subjects(book: Book, source: Source) -> tuple[list[tuple[str, str | None]], str | None]:
    """The month and the part that a workbook is about. Raises InputError where its sheets do not agree."""
    found = {book.place(name): _subject(book, name, source) for _, name in _sheets(book, source)}
    first, *others = found
    for place in others:
        if found[place] != found[first]:
            raise InputError(
                "is not about the same as the first sheet", file=place, found=found[place], expected=found[first]
            )
    return [found[first]], None


def months_told(book: Book, source: Source) -> set[str]:
    """The months that the sheets of a workbook that is not as described say, of those that are read."""
    period, found = source.period, set()
    assert period and period.cell
    for name in (name for described in source.sheets for name in _names(book, described)):
        with suppress(InputError):
            if isinstance(said := _cells(book, name, source)[period.cell], str):
                found.add(month_hinted(said, period))
    return {month for month in found if month}


def read(book: Book, source: Source) -> Iterator[list[str | None]]:
    """Yield every row of every table, as text in the order of the source's columns, with the sheet, as it is described,
    and the number. A column that a sheet does not have is None."""
    for described, name in _sheets(book, source):
        for row, number in _read_sheet(book, name, source.sheets[described], source):
            yield [*row, described, number]


def _names(book: Book, described: str) -> list[str]:
    return book.like(re.escape(described))


def _sheets(book: Book, source: Source) -> list[tuple[str, str]]:
    """The sheets that are read, each as it is described and as it is named."""
    if missing := [described for described in source.sheets if not _names(book, described)]:
        raise InputError("lacks a sheet", file=book.file, found=", ".join(book.names), expected=", ".join(missing))
    return [(described, name) for described in source.sheets for name in _names(book, described)]


def _cells(book: Book, name: str, source: Source) -> dict[str, Any]:
    """The single cells that every row of a sheet carries. A month may be a date."""
    assert source.period
    places = {column.cell: coordinate_to_tuple(column.cell) for column in source.columns if column.cell}
    rows = dict(islice(book.rows(name), max(row for row, _ in places.values())))
    found = {}
    for cell, (row, at) in places.items():
        value = rows.get(row, {}).get(at)
        if isinstance(value, datetime) and cell == source.period.cell:
            value = value.strftime(source.period.format[0])
        found[cell] = without_marks(value) if isinstance(value, str) else value
    return found


def _context(book: Book, name: str, source: Source) -> dict[str, str]:
    """The texts of these cells."""
    found = _cells(book, name, source)
    names = {column.cell: column.name for column in source.columns if column.cell}
    for cell, value in found.items():
        if not isinstance(value, str):
            raise InputError("holds no text", file=book.place(name), **_place(cell), found=value, expected=names[cell])
    return found


def _subject(book: Book, name: str, source: Source) -> tuple[str, str]:
    period, part = source.period, source.part
    assert period and period.cell and part and part.cell
    context, place = _context(book, name, source), book.place(name)
    refuse_several(context[period.cell], place, **_place(period.cell))
    month = month_of(context[period.cell], period, place, **_place(period.cell))
    assert month  # no cell of a workbook names a total
    return month, part_of(context[part.cell], part, place, **_place(part.cell))


def _place(reference: str) -> dict[str, Any]:
    row, column = coordinate_to_tuple(reference)
    return {"row": row, "column": get_column_letter(column)}


def _read_sheet(
    book: Book, name: str, columns: tuple[str, ...], source: Source
) -> Iterator[tuple[list[str | None], str]]:
    file = book.place(name)
    context = _context(book, name, source)
    fixed = {column.name: context[column.cell] for column in source.columns if column.cell}
    titled = next(column for column in source.columns if column.title_in)
    title_at = column_index_from_string(titled.title_in or "")

    rows_under: dict[str, int] = {}
    title, table, group_headings, after_blank = "", None, 0, False

    def outside(number: int) -> InputError:
        expected = f"a header above it that starts with {' or '.join(source.headings_of(columns[0]))}"
        return InputError("has a row outside every table", file=file, row=number, expected=expected)

    for number, row in book.rows(name):
        first = row[min(row)] if row else None
        is_header = isinstance(first, str) and _is_heading(first, columns[0], source)
        is_alone = isinstance(first, str) and list(row) == [title_at]
        alone = " ".join(without_marks(str(first)).upper().split()) if is_alone else ""
        if group_headings and not is_header:
            raise outside(group_headings)
        group_headings = 0
        if not row:
            after_blank = True
            continue
        if TITLE.match(alone):
            if title:
                _complete(title, rows_under, file)
            title, table = alone, None
            if title in rows_under:
                raise InputError("has a PART twice", file=file, row=number, found=title)
        elif is_header:
            if title in rows_under:
                raise InputError("has a table without a PART of its own", file=file, row=number)
            table, rows_under[title] = _header(row, columns, source, file, number), 0
        elif alone:
            continue
        elif table and not (after_blank and min(table) in row):
            rows_under[title] += 1
            values = {**_values(row, table, source, file, number), **fixed, titled.name: title}
            yield [*map(values.get, source.names)], str(number)
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


def _numbers(row: Row) -> bool:
    return any(not isinstance(cell, str) for at, cell in row.items() if at > 1)


def _header(row: Row, columns: tuple[str, ...], source: Source, file: str, number: int) -> dict[int, str]:
    """Which column of the sheet is which. Blank headings are spacers."""
    for position, name in zip_longest(row, columns):
        found = str(row[position]).strip() if position else None
        if position is None or name is None or not _is_heading(found, name, source):
            raise InputError(
                "has another heading than described",
                file=file,
                row=number,
                column=get_column_letter(position) if position else None,
                found=found,
                expected=" or ".join(source.headings_of(name)) if name else "no further heading",
            )
    return dict(zip(row, columns, strict=True))


def _is_heading(found: Any, name: str, source: Source) -> bool:
    return plain(found) in map(plain, source.headings_of(name))


def _values(row: Row, table: dict[int, str], source: Source, file: str, number: int) -> dict[str, str]:
    counts = {at for at, name in table.items() if name not in source.texts}
    for at in sorted({*row, *counts}):
        cell = row.get(at)
        if at not in table:
            problem = "holds a value in no column of the table"
        elif cell is None:
            problem = "holds no figure"
        elif is_error(cell):
            problem = "holds an error"
        elif not is_text_or_number(cell):
            problem = "holds neither text nor number"
        elif at in counts and not NUMBER.fullmatch(as_text(cell).strip()):
            problem = "holds no number"
        else:
            continue
        found, expected = None if cell is None else str(cell), "a number" if at in counts else None
        column = get_column_letter(at)
        raise InputError(problem, file=file, row=number, column=column, found=found, expected=expected)
    texts = {at: as_text(cell).strip() if at in counts else as_text(cell) for at, cell in row.items()}
    return {name: texts.get(at, "") for at, name in table.items()}
