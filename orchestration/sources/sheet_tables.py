"""Sheets that are one table each: some preamble, a header of one or two rows, then rows, then perhaps notes.

The header is found by its headings, wherever it stands. Columns that nothing needs may be missing, and others may be
there. A row is never dropped: below the table there may be text, but no figure.

Belongs here: tables as rows of cells. Does not: opening a workbook (`sheets.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain, takewhile
from typing import Any, NamedTuple

import pandas as pd
from openpyxl.utils import get_column_letter

from orchestration.errors import InputError
from orchestration.sources.descriptions import Column, Source, Table
from orchestration.sources.footnotes import without_marks
from orchestration.sources.periods import (
    month_hinted,
    month_of,
    months_and_parts,
    part_of,
    refuse_several,
    said_by_name,
)
from orchestration.sources.sheets import Book, Row, Rows, as_text, is_blank, is_error, is_text_or_number
from orchestration.text import quoted

PREAMBLE = 200  # rows in which a header may stand; the most known is row 16 (A&E by provider)
MAX_TITLE = 200  # characters of a text above a table that is compared; the most known has 78 (community waits)
LIKE = 0.5  # of the headings that a table needs, in a row that is its header with some of them misspelt or missing
MAX_TABLE_ROWS = 200_000  # as of a CSV file; the most known is 41 013 (cancer extract of 4 months)
NUMBER = re.compile(r"-?\d+(\.\d+)?")
CODE = re.compile(r"[A-Z0-9]{3,6}")  # of an organisation; a note has small letters or blanks

Line = list[str | None]


class Fixed(NamedTuple):
    """A text that holds for every row, and where above the table it stands. The name of a sheet stands nowhere."""

    text: str
    row: int | None = None
    column: str | None = None


@dataclass(frozen=True)
class Head:
    """What stands above the rows of a table: the column at each position, the heading of each of `many`, that of each
    column not known here, and the texts that hold for every row."""

    row: int
    columns: dict[int, str]
    many: dict[int, str]
    unknown: dict[int, str]
    fixed: dict[str, Fixed]


def likeness(book: Book, source: Source) -> float:
    """How much a workbook looks like this publication, 0 to 1: by the headings on the sheet that is most like it."""
    return max(
        (_likeness(book, name, source, table) for table in source.tables for name in _names(book, table)), default=0
    )


def subjects(book: Book, source: Source) -> tuple[list[tuple[str, str | None]], str | None]:
    """The months and parts that a workbook is about, none of a reference, and the columns that are left out. Raises
    InputError where its sheets are not as described or are about different months."""
    found: set[tuple[str, str | None]] = set()
    unknown, moved = [], []
    for name, table in _sheets(book, source):
        head, lines = _open(book, name, source, table)
        if head.unknown and not source.others:
            unknown.append(f"{name}: {', '.join(map(quoted, head.unknown.values()))}")
        if ends := source.moved(column for _, column in sorted(head.columns.items())):
            moved.append(f"{name}: {' to '.join(repr(_described(column, source)) for column in ends)}")
        if source.period is None:
            continue
        if source.period.file_name:
            month, part = said_by_name(book.file, source)
            found.add((str(month), part))
            continue
        if not (about := _told_above(head.fixed, source, book.place(name))):
            frame = pd.DataFrame(lines, columns=[*source.names, "_source_member", "_source_row"], dtype="string")
            about = months_and_parts(frame, source, book.place(name))
        if found and {month for month, _ in about} != {month for month, _ in found}:
            raise InputError(
                "is not about the same as the first sheet", file=book.place(name), found=about, expected=sorted(found)
            )
        found.update(about)
    remarks = [f"columns not known here are left out, {'; '.join(unknown)}"] if unknown else []
    if moved:
        remarks.append(f"columns are not in the order described, {'; '.join(moved)}: they are read by their headings")
    return sorted(found, key=str), "; ".join(remarks) or None


def _told_above(fixed: dict[str, Fixed], source: Source, place: str) -> list[tuple[str, str | None]]:
    """The month and the part that stand above a table, none where its rows say them."""
    assert source.period
    part = source.part if source.part and source.part.column else None
    columns = [*source.period.columns, *([part.column] if part and part.column else [])]
    said = [fixed[column] for column in columns if column in fixed]
    if len(said) < len(columns):
        return []
    refuse_several(said[0].text, place, *said[0][1:])
    month = month_of(said[0].text, source.period, place, *said[0][1:])
    return [(month, part_of(said[1].text, part, place, *said[1][1:]) if part else None)] if month else []


def months_told(book: Book, source: Source) -> set[str]:
    """The months that stand above the tables of a workbook that is not as described, of those that are read. Where rows
    say their month, there may be more than one could find."""
    period, found = source.period, set[str | None]()
    if not period or not {column.name for column in source.columns if column.label or column.above} & {*period.columns}:
        return set()
    for table in source.tables:
        for name in _names(book, table):
            with suppress(InputError):
                fixed = _preamble(book.rows(name), source, table)[0]
                if period.columns[0] in fixed:
                    found.add(month_hinted(fixed[period.columns[0]].text, period))
    return {month for month in found if month}


def read(book: Book, source: Source) -> Iterator[Line]:
    """Yield every row of every table, as text in the order of the source's columns, with the sheet and the number. A
    column that a sheet does not have is None."""
    for name, table in _sheets(book, source):
        yield from _open(book, name, source, table)[1]


def _names(book: Book, table: Table) -> list[str]:
    return book.names if book.names == [""] else book.like(table.sheet)  # a CSV has one, without a name


def _likeness(book: Book, name: str, source: Source, table: Table) -> float:
    most = 0.0
    for _, row in takewhile(lambda numbered: numbered[0] <= PREAMBLE, book.rows(name)):
        most = max(most, _share(row, source, table))
        if most == 1:  # the rows below its header are long in some workbooks
            break
    return most


def _sheets(book: Book, source: Source) -> Iterator[tuple[str, Table]]:
    for table in source.tables:
        names = _names(book, table)
        if len(names) > 1:  # a sheet of notes may have a name alike
            names = [name for name in names if _likeness(book, name, source, table) >= LIKE] or names
        if not names and not table.optional:
            raise InputError("lacks a sheet", file=book.file, found=", ".join(book.names), expected=table.sheet)
        for name in names:
            yield name, table


def _open(book: Book, name: str, source: Source, table: Table) -> tuple[Head, Iterator[Line]]:
    rows, place = book.rows(name), book.place(name)
    head, rows = _head(rows, source, table, name, place)
    return head, _lines(rows, head, source, table, name, place)


def _head(rows: Rows, source: Source, table: Table, name: str, place: str) -> tuple[Head, Rows]:
    """What stands above a table, and the rows below that."""
    fixed, above, header = _preamble(rows, source, table)
    fixed |= {column.name: Fixed(name) for column in source.columns if column.sheet}
    if header is None:
        headings = [source.headings_of(column)[0] for column in table.headed]
        raise InputError("has no header", file=place, expected=f"a row with {', '.join(headings)}")
    number, row = header
    if missing := [one for one in source.columns if (one.label or one.above) and one.name not in fixed]:
        what = missing[0].label or missing[0].name
        texts = (f"{get_column_letter(at)}{n}: {text}" for n, row in above for at, text in row.items())
        raise InputError(
            f"has no {what} above its table",
            file=place,
            row=number,
            found="; ".join(texts) or None,
            expected=f"such as {missing[0].such_as!r}" if missing[0].such_as else f"{what!r} and, beside it, a text",
        )
    last = above[-1][1] if above else {}
    number, row, rows = _with_its_other_row(number, row, last, rows, source, table)
    return Head(number, *_columns(row, last, source, table, number, place), fixed), rows


def _preamble(
    rows: Rows, source: Source, table: Table
) -> tuple[dict[str, Fixed], list[tuple[int, Row]], tuple[int, Row] | None]:
    """The texts that hold for every row, all rows above the header that are not blank, and the header, if any."""
    fixed: dict[str, Fixed] = {}
    above: list[tuple[int, Row]] = []
    for number, row in takewhile(lambda numbered: numbered[0] <= PREAMBLE, rows):
        if _share(row, source, table) >= LIKE:
            return fixed, above, (number, row)
        if row:
            fixed |= _said_in(row, number, source)
            above.append((number, row))
    return fixed, above, None


def _said_in(row: Row, number: int, source: Source) -> dict[str, Fixed]:
    """What a row above a table says that holds for every row of it."""
    found = {}
    label, at, rest = _beside(row)
    for column in source.columns:
        if column.label and plain(column.label) == plain(label) and not is_blank(rest):
            text = without_marks(as_text(rest, _format_of(column, source)))
            found[column.name] = Fixed(text, number, get_column_letter(at))
        elif column.above:
            for place, value in row.items():
                if match := title(value, re.compile(column.above, re.IGNORECASE)):
                    found[column.name] = Fixed(match[1], number, get_column_letter(place))
    return found


def _with_its_other_row(
    number: int, row: Row, above: Row, rows: Rows, source: Source, table: Table
) -> tuple[int, Row, Rows]:
    """A header in two rows as one, where only both together have all headings: some cells span them and stand in the
    upper one. Else the header as it was, and the row below it is one of the table."""
    if _share(row, source, table) == 1:
        return number, row, rows
    if _share(above | row, source, table) == 1:
        return number, above | row, rows
    following, below = next(rows, (number, {}))
    if _share(row | below, source, table) == 1:
        return following, row | below, rows
    return number, row, chain([(following, below)], rows)


def title(value: Any, like: re.Pattern[str]) -> re.Match[str] | None:
    """Compare a cell above a table with what is looked for. A long text is a note, and could take for ever."""
    text = " ".join(str(value).split())
    return like.fullmatch(without_marks(text)) if len(text) <= MAX_TITLE else None


def _beside(row: Row) -> tuple[Any, int, Any]:
    """A label and what stands beside it, in a cell of its own or after a colon, and in which column that is."""
    (at, first), *others = row.items()
    label, _, rest = first.partition(":") if isinstance(first, str) else (first, "", "")
    return (label, at, rest.strip()) if rest.strip() else (label, *next(iter(others), (at, None)))


def _lines(rows: Rows, head: Head, source: Source, table: Table, name: str, place: str) -> Iterator[Line]:
    """Yield every row below the header, where a table has many columns of figures once for each. Raises InputError on
    an error or another kind of value in a column that is needed, and on a row without figures among others."""
    at = {column: position for position, column in head.columns.items()}
    counts = [*head.many] if table.many else [at[column] for column in table.counts]
    texts = [at[column] for column in table.texts]
    formats = {at[column.name]: _format_of(column, source) for column in source.columns if column.name in at}
    order = [at.get(column) for column in source.names]
    fixed = [head.fixed[column].text if column in head.fixed else None for column in source.names]
    read = ended = 0
    for number, row in rows:
        if table.every:
            _refuse_figures_apart(row, head, table, place)
        if not any(position in row for position in counts):
            if table.many:
                continue
            held = [row[position] for position in texts if position in row]
            if table.empty and any(title(value, re.compile(table.empty, re.IGNORECASE)) for value in held):
                continue
            if len(held) > 1 and any(isinstance(value, str) and CODE.fullmatch(value.strip()) for value in held):
                column = get_column_letter(counts[0])
                raise InputError("holds no figure", file=place, row=number, column=column, expected="a number")
            ended = ended or (number if held else 0)
            continue
        if ended:
            expected = f"figures, as in row {number}"
            raise InputError("has a row without figures among others", file=place, row=ended, expected=expected)
        if not any(position in row for position in texts):
            column = get_column_letter(texts[0])
            raise InputError("has figures without a name", file=place, row=number, column=column)
        figures = [at for at in counts if at in row] if table.many else counts  # a blank is no service
        problems = chain(
            ((at, _not_a_count(row.get(at), table)) for at in figures),
            ((at, _not_a_text(row.get(at), formats.get(at))) for at in texts),
        )
        for position, problem in problems:
            if problem:
                column, found = get_column_letter(position), row.get(position)
                raise InputError(problem[0], file=place, row=number, column=column, found=found, expected=problem[1])
        cells = {position: as_text(value, formats.get(position)) for position, value in row.items()}
        cells |= {position: cells[position].strip() for position in counts if position in row}  # typed as text
        line = [
            value if position is None else cells.get(position, "") for position, value in zip(order, fixed, strict=True)
        ] + [name or None, str(number)]
        for one in _each_of_many(line, cells, head, source, table) if table.many else [line]:
            read += 1
            if read > MAX_TABLE_ROWS:
                raise InputError(f"has more than {MAX_TABLE_ROWS} rows", file=place, row=number)
            yield one
    if not read:
        raise InputError("has no rows below its header", file=place, row=head.row)


def _refuse_figures_apart(row: Row, head: Head, table: Table, place: str) -> None:
    """Raise InputError on a figure below a heading that is none of the `many`: it would be missing in what they come
    to."""
    for position in row.keys() - head.columns.keys() - head.many.keys():
        if _not_a_count(row[position], table) is None:
            raise InputError(
                "has figures below a heading that is not known here",
                file=place,
                row=head.row,
                column=get_column_letter(position),
                found=head.unknown.get(position, "no heading"),
                expected=f"a heading like {next(iter(head.many.values()))!r}",
            )


def _each_of_many(line: Line, cells: dict[int, str], head: Head, source: Source, table: Table) -> Iterator[Line]:
    """Yield the line of a row once for each heading under which it has a figure."""
    heading_at, figure_at = (source.names.index(column) for column in table.counts)
    for position in [at for at in head.many if at in cells]:
        one = [*line]
        one[heading_at], one[figure_at] = head.many[position], cells[position]
        yield one


def _not_a_count(value: Any, table: Table) -> tuple[str, str] | None:
    """What is wrong with a cell that should count, and what was expected. Of the error of a formula in .xls nothing is
    left, so a blank is one unless the table has blanks."""
    expected = " or ".join(["a number", *(repr(mark) if mark else "a blank" for mark in table.missing)])
    if value is None:
        return None if "" in table.missing else ("holds no figure", expected)
    if is_error(value):
        return "holds an error", expected
    if isinstance(value, str):
        fits = NUMBER.fullmatch(value.strip()) or value.strip() in table.missing
    else:
        fits = is_text_or_number(value)
    return None if fits else ("holds no number", expected)


def _not_a_text(value: Any, date_format: str | None) -> tuple[str, str] | None:
    if is_error(value):
        return "holds an error", "text"
    fits = value is None or is_text_or_number(value) or (isinstance(value, date) and date_format)
    return None if fits else ("holds neither text nor number", "text")


def _columns(
    row: Row, above: Row, source: Source, table: Table, number: int, place: str
) -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
    """Which column of the sheet is which, which are of many, and the headings that are neither. The table ends before
    the first column without a heading that stands right of all that are described; what follows are workings."""
    group, groups = "", {}
    for position in range(1, max(row) + 1):
        group = plain(above.get(position, group))
        groups[position] = group
    names = {position: _named(row[position], groups[position], source) for position in row}
    many = {at: " ".join(without_marks(str(row[at])).split()) for at in row if _is_of_many(row[at], table)}
    names |= {position: plain(heading) for position, heading in many.items()}
    first = {name: position for position, name in reversed(names.items()) if name}
    end = max(first.values(), default=0)
    while end + 1 in row:
        end += 1
    for position, name in names.items():
        if name and position <= end and first[name] != position:
            column = get_column_letter(position)
            raise InputError("has a heading twice", file=place, row=number, column=column, found=row[position])
    missing = [_described(name, source) for name in table.headed if name not in first]
    missing += [_described(table.counts[0], source)] if table.many and not many else []
    if missing:
        unknown = [at for at, name in names.items() if not name]
        raise InputError(
            f"lacks columns of {source.title!r}",
            file=place,
            row=number,
            found=", ".join(" ".join(str(row[at]).split()) for at in unknown or row),
            expected=", ".join(missing),
        )
    left_out = {at: str(row[at]).strip() for at, name in names.items() if not name and at <= end}
    return {position: name for name, position in first.items() if position not in many}, many, left_out


def _named(heading: Any, group: str, source: Source) -> str | None:
    for column in source.columns:
        if plain(heading) in map(plain, column.published) and (not column.group or group in map(plain, column.group)):
            return column.name
    return None


def _described(name: str, source: Source) -> str:
    column = next(column for column in source.columns if column.name == name)
    return "/".join(column.published) + (f" below {column.group[0]}" if column.group else "")


def _is_of_many(heading: Any, table: Table) -> bool:
    return bool(table.many and re.match(table.many, without_marks(str(heading)), re.IGNORECASE))


def _share(row: Row, source: Source, table: Table) -> float:
    """How many of the headings that a table needs stand in a row."""
    headings = {plain(value) for value in row.values() if isinstance(value, str)}
    needed = {tuple(map(plain, source.headings_of(name))) for name in table.headed}
    shared = sum(not headings.isdisjoint(published) for published in needed)
    if not table.many:
        return shared / len(needed)
    return (shared + any(_is_of_many(value, table) for value in row.values())) / (len(needed) + 1)


def _format_of(column: Column, source: Source) -> str | None:
    """How a date is written that stands where a month does."""
    return source.period.format[0] if source.period and column.name in source.period.columns else None


@lru_cache(maxsize=4096, typed=True)
def plain(heading: Any) -> str:
    """A heading without what differs between months: case, blanks, marks."""
    return re.sub(r"[^a-z0-9<>+&%]", "", without_marks(str(heading)).casefold())
