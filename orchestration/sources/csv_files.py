"""Strict CSV reading: every value stays text, every row keeps its number, and anything odd is an error that names its
place. National files are streamed by Arrow and read again strictly only to name the place of a fault."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import IO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from orchestration.errors import InputError
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.periods import month_of
from orchestration.text import HIDDEN, first_of, quoted

# Three damaged headings of seventeen (0.70) still are the publication; files of other kinds share none (2026-11).
RECOGNISED_FROM = 0.6
BLOCK = 2 * 1024 * 1024  # of a national file at a time
MAX_ROW = 1_000_000  # characters of a row, and so of a cell; the longest known has 2 849 (headings of RTT)
# Of a file that is held as a whole; the most known is 4 503 (NOF, two quarters). Great Expectations took more than nine
# minutes and 3 GB to list 770 000 rows that broke its rules (2026-11).
MAX_ROWS = 200_000
NAMED = 10  # columns that a remark names
csv.field_size_limit(MAX_ROW)


@dataclass(frozen=True)
class Header:
    """The first row of a file: for each heading the source's name of its column, or none."""

    source: Source
    headings: tuple[str, ...]
    names: tuple[str | None, ...]

    @cached_property
    def known(self) -> dict[str, int]:
        """Where the columns are, by name."""
        return {name: position for position, name in enumerate(self.names) if name}

    @cached_property
    def unknown(self) -> list[int]:
        return [position for position, name in enumerate(self.names) if not name]

    @cached_property
    def spurious(self) -> list[int]:
        """Unknown columns one of which has no heading of its own: a value there is that of a shifted row. Without such
        a one they are new columns."""
        headings = [self.headings[position] for position in self.unknown]
        return self.unknown if "" in headings or len(set(headings)) < len(headings) else []

    @property
    def remark(self) -> str | None:
        """What is more or less than described, and stops nothing."""
        missing = [
            column.published[0]
            for column in self.source.columns
            if not column.optional and column.name not in self.known
        ]
        remarks = []
        if self.unknown and not self.source.others:
            are = "is" if len(self.unknown) == 1 else "are"
            what = (
                f"after the last one known, {{}}, {are} empty and" if self.spurious else f"not known here, {{}}, {are}"
            )
            listed = first_of((quoted(self.headings[position]) for position in self.unknown), NAMED)
            remarks.append(f"{_columns(self.unknown)} {what.format(listed)} left out")
        if missing:
            remarks.append(f"lacks {_columns(missing)} that no figure needs, {first_of(missing, NAMED)}")
        if moved := self.source.moved(self.known):
            ends = " to ".join(quoted(self.headings[self.known[name]]) for name in moved)
            remarks.append(f"columns are not in the order described, {ends}: they are read by their headings")
        return "; ".join(remarks) or None

    def cells(self, row: list[str], number: int, file: str) -> list[str]:
        """The cells of a row that have a name. Raises InputError where a spurious one is not empty."""
        for position in self.spurious:
            if value := row[position]:
                holding = f", and row {number} holds {quoted(value)} there"
                raise unknown_heading(self.headings[position], position, self.source, file, holding)
        return [row[position] for position in self.known.values()]


def _columns(some: Sized) -> str:
    return "1 column" if len(some) == 1 else f"{len(some)} columns"


def source_by_headings(head: bytes, enough: float = RECOGNISED_FROM) -> Source | None:
    """The publication that the first row of a CSV file looks like, or none."""
    try:
        return source_by_row(next(csv.reader(io.StringIO(as_csv(head), newline="")), []), enough)
    except csv.Error:
        return None


def as_csv(head: bytes) -> str:
    """The first bytes of a file as a text to recognise it by."""
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    return head.decode(encoding, errors="replace")


def source_by_row(row: list[str], enough: float = RECOGNISED_FROM) -> Source | None:
    """The publication that a row of headings looks like, or none. Of two as like it is the one that needs more of them:
    a look-up of small areas to ICBs may name their districts, too."""
    sources = [source for source in known_sources().values() if not source.is_workbook]
    likeness, _, best = max(
        ((source.likeness(row), len(source.needed_columns), source) for source in sources), key=lambda found: found[:2]
    )
    return best if likeness >= enough else None


def read_csv(stream: IO[bytes], source: Source, file: str, limit: int | None = None) -> tuple[pd.DataFrame, Header]:
    """All rows of a file, or the first few, as text, in the source's column names, with `_source_row` (the first row of
    the file is 1).

    A column that this edition of the publication does not carry is missing (NA), not blank. Raises InputError on bytes
    that are not UTF-8, unknown or missing or repeated headings, and rows of another length than the header.
    """
    rows = raw_rows(stream, file)
    header = _header(rows, source, file)
    first = 2 if source.header else 1
    found = _body(rows, header, first, file)
    body = list(islice(found, limit or MAX_ROWS))
    if not limit and next(found, None):
        raise InputError(f"has more than {MAX_ROWS} rows", file=file, row=first + MAX_ROWS)
    frame = pd.DataFrame(body, columns=list(header.known), dtype="string").reindex(columns=source.names)
    frame["_source_row"] = [str(number) for number in range(first, first + len(body))]
    return frame.astype("string"), header


def national_batches(stream: IO[bytes], source: Source, file: str, month: str) -> Iterator[pa.RecordBatch]:
    """The rows of a national file of one month, in blocks, as `read_csv` would have them.

    Raises InputError as `read_csv` does, and on a row that is about another month.
    """
    headings = next(raw_rows(stream, file), [])
    header = column_names(headings, source, file)
    stream.seek(0)
    watched = _Watched(stream)
    problem: InputError | None = None
    try:
        reader = pacsv.open_csv(
            watched,
            read_options=pacsv.ReadOptions(block_size=BLOCK),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(headings, pa.string()), strings_can_be_null=False
            ),
        )
        row = 2
        for batch in reader:
            found = batch.columns  # makes all of them each time
            if any(pc.any(pc.not_equal(found[position], "")).as_py() for position in header.spurious):
                watched.odd = True
            columns = {name: found[position] for name, position in header.known.items()}
            _check_months(columns, source, file, month, row)
            absent = pa.nulls(len(batch), pa.string())
            arrays = [columns.get(name, absent) for name in source.names]
            arrays.append(pa.array(np.arange(row, row + len(batch))).cast(pa.string()))
            yield pa.RecordBatch.from_arrays(arrays, [*source.names, "_source_row"])
            row += len(batch)
    except pa.ArrowInvalid as error:
        problem = InputError(f"is not well-formed CSV ({error})", file=file)
    except InputError as error:
        problem = error  # of a cell; the strict reader may know better why
    finally:
        watched.close()
    if problem or watched.odd:
        stream.seek(0)
        rows = raw_rows(stream, file)
        for _ in _body(rows, _header(rows, source, file), 2, file):
            pass
    if problem:
        raise problem from None


def _check_months(columns: dict[str, pa.Array], source: Source, file: str, month: str, first: int) -> None:
    assert source.period
    labels = pc.binary_join_element_wise(*[columns[name] for name in source.period.columns], " ")
    heading = ", ".join(source.headings_of(name)[0] for name in source.period.columns)
    for label in pc.unique(labels).to_pylist():
        row = first + pc.index(labels, label).as_py()
        if month_of(label, source.period, file, row, heading) not in (month, None):
            raise InputError(
                "is about another month than the file", file=file, row=row, column=heading, found=label, expected=month
            )


class _Watched(io.RawIOBase):
    """A stream for Arrow, without byte order mark and without blank rows at its end. `odd` says that it holds a
    control character, or a quote that neither opens nor closes a cell: Arrow reads on over either.

    Arrow reads ahead in a thread of its own, also when nobody asks for more. Once this is closed, which waits for what
    is being read, the stream is the caller's again."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self.odd = False
        self._reading = Lock()
        self._stream = stream
        self._held = b""
        self._last = ord("\n")
        self._before = b""  # the three last bytes, for what may start in them
        self._inside = 0  # 1 within quotes
        self._at_start = True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        with self._reading:
            super().close()

    def read(self, size: int = -1) -> bytes:
        with self._reading:
            return b"" if self.closed else self._read(size)

    def _read(self, size: int) -> bytes:
        while True:
            chunk = self._stream.read(size if size < 0 else max(size - len(self._held), 1))
            if self._at_start:
                chunk, self._at_start = chunk.removeprefix(codecs.BOM_UTF8), False
            if not chunk:
                self.odd |= self._inside == 1
                return b""
            self._watch(np.frombuffer(chunk, np.uint8))
            whole = self._held + chunk
            end = _END_OF_ROW.search(whole, len(whole.rstrip(b",\r\n")))
            kept = whole[: end.start()] if end else whole
            if len(whole) - len(kept) > BLOCK // 4:
                kept = whole  # more blank rows than can be held back: Arrow refuses them
            self._held = whole[len(kept) :]
            if kept:
                return kept

    def _watch(self, chunk: npt.NDArray[np.uint8]) -> None:
        """A quote that opens follows the edge of a cell, and one that closes is followed by it; a doubled quote closes
        and opens."""
        quotes = np.flatnonzero(chunk == ord('"'))
        opening, closing = quotes[self._inside :: 2], quotes[1 - self._inside :: 2]
        before = np.concatenate([np.array([self._last], np.uint8), chunk])
        if self._last == ord('"') and not self._inside:
            closing = np.concatenate([[-1], closing])  # the last byte of the chunk before
        self.odd |= bool(
            _IS_CONTROL[chunk[(chunk < 32) | (chunk == 127)]].any()  # looking all bytes up takes five times as long
            or ((chunk > 127).any() and _HIDDEN_IN_UTF8.search(self._before + chunk.tobytes()))
            or not _AT_EDGE[before[opening]].all()
            or not _AT_EDGE[chunk[closing[closing < len(chunk) - 1] + 1]].all()
        )
        self._inside = (self._inside + len(quotes)) % 2
        self._last, self._before = int(chunk[-1]), (self._before + chunk[-3:].tobytes())[-3:]


_END_OF_ROW = re.compile(rb"[\r\n]")
_HIDDEN_IN_UTF8 = re.compile(
    rb"\xc2[\x80-\x9f\xad]|\xcd\x8f|\xd8\x9c|\xe1\x85[\x9f\xa0]|\xe1\xa0\x8e|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]"
    rb"|\xe2\x81[\xa0-\xaf]|\xe3\x85\xa4|\xef\xbb\xbf|\xef\xbe\xa0|\xef\xbf[\xbe\xbf]|\xf3\xa0[\x80\x81][\x80-\xbf]"
)
_IS_CONTROL = np.array([bool(HIDDEN.match(chr(byte))) and byte < 128 for byte in range(256)])
_AT_EDGE = np.zeros(256, bool)
_AT_EDGE[list(b',"\r\n')] = True


def cells(line: str) -> list[str]:
    """The cells of a line of a damaged file, none where it is no CSV."""
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def raw_rows(stream: IO[bytes], file: str) -> Iterator[list[str]]:
    """The rows of a CSV file. Raises InputError on bytes that are not UTF-8, control characters, stray quotes and a row
    longer than MAX_ROW."""
    read, so_far = 0, 0

    def bounded() -> Iterator[str]:
        nonlocal so_far
        for line in _lines(stream, file):
            so_far += len(line)
            if so_far > MAX_ROW:
                raise InputError(f"has a row of more than {MAX_ROW} characters", file=file, row=read + 1)
            yield line

    try:
        for row in csv.reader(bounded(), strict=True):
            read, so_far = read + 1, 0
            yield row
    except csv.Error as error:
        raise InputError(f"is not well-formed CSV ({error})", file=file, row=read + 1) from None


def _lines(stream: IO[bytes], file: str) -> Iterator[str]:
    text = io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline="")
    try:
        for number, line in enumerate(iter(lambda: text.readline(MAX_ROW + 1), ""), start=1):
            line = line.removeprefix("\ufeff") if number == 1 else line
            if not line.isascii():
                try:
                    line.encode()
                except UnicodeEncodeError as error:
                    byte = line[error.start].encode("utf-8", "surrogateescape")
                    expected = "the published bytes, which a spreadsheet changes when it saves a CSV"
                    raise InputError("is not UTF-8", file=file, row=number, found=byte, expected=expected) from None
            if found := HIDDEN.search(line):
                what = "a NUL byte" if found[0] == "\0" else "a control character"
                raise InputError(f"holds {what}", file=file, row=number, found=found[0])
            yield line
    finally:
        if not stream.closed:
            text.detach()  # the stream belongs to the caller


def _header(rows: Iterator[list[str]], source: Source, file: str) -> Header:
    names = tuple(source.names)
    return column_names(next(rows, []), source, file) if source.header else Header(source, names, names)


def _body(rows: Iterator[list[str]], header: Header, first: int, file: str) -> Iterator[list[str]]:
    """The rows after the header. Raises InputError on one of another length; blank rows at the end hold nothing."""
    width = len(header.names)
    blank = None
    number = first - 1
    for number, row in enumerate(rows, start=first):
        if not any(row):
            blank = blank or number
        elif blank:
            raise InputError("has a blank row above others", file=file, row=blank, expected=f"{width} values")
        elif len(row) != width:
            what = "has a row of another length"
            raise InputError(what, file=file, row=number, found=len(row), expected=f"{width} values")
        else:
            yield header.cells(row, number, file)
    if (blank or number + 1) == first:
        raise InputError("has no rows", file=file, row=1)


def column_names(headings: list[str], source: Source, file: str) -> Header:
    """The source's name of each heading; a documented typo stands for the one column that is missing, and of two
    headings of one column the first described one counts. Unknown headings are let pass where no needed one is missing,
    which they could stand for, and where a file has others anyway."""
    headings = [heading.strip() for heading in headings]
    names = source.columns_below(headings)
    missing = [name for name in source.needed_columns if name not in names]
    absent = missing or [name for name in source.names if name not in names]
    for position, heading in enumerate(headings):
        if names[position] is None and source.header_typo and source.header_typo in heading and len(absent) == 1:
            names[position] = absent[0]
            missing = []
        if names[position] is not None and (first := names.index(names[position])) != position:
            if headings[first].casefold() == heading.casefold():
                raise InputError("has a heading twice", file=file, row=1, column=str(position + 1), found=heading)
            raise InputError(
                f"has two headings of one column, {names[position]}",
                file=file,
                row=1,
                column=f"{first + 1} and {position + 1}",
                found=f"{headings[first]} and {heading}",
                expected="one of them",
            )
    header = Header(source, tuple(headings), tuple(names))
    for position in header.unknown if missing and not source.others else header.spurious:
        if missing or any(names[position:]):
            raise unknown_heading(headings[position], position, source, file, missing=missing)
    if missing:
        raise InputError(
            f"lacks columns of {source.title!r}",
            file=file,
            row=1,
            expected=_headings(missing, source),
        )
    return header


def _headings(names: Sequence[str], source: Source) -> str:
    return first_of(("/".join(source.headings_of(name)) for name in names), NAMED)


def unknown_heading(
    heading: str, position: int, source: Source, file: str, holding: str = "", missing: Sequence[str] = ()
) -> InputError:
    may_be = first_of(missing, NAMED, " or ")
    mend = f"; if it is the new name of {may_be}, add it to that line of data/sources/{source.id}.yml"
    return InputError(
        f"has a heading that {source.title!r} does not know{holding}",
        file=file,
        row=1,
        column=str(position + 1),
        found=heading,
        expected=_headings(missing, source) + mend if missing else "no column there",
    )
