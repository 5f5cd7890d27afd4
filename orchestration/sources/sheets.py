"""The sheets of a workbook, .xlsx, .xls or .ods, as rows of plain values, within bounds; and one saved as CSV.

Belongs here: how a workbook is opened, and what is a row, a cell, a damaged file. Does not: what its tables mean
(`stacked_tables.py`, `sheet_tables.py`)."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from openpyxl.cell.cell import ERROR_CODES
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import get_column_letter

from orchestration.errors import InputError
from orchestration.sources.archives import MAX_BYTES, is_archive, open_archive, open_file, refuse_to_hold
from orchestration.sources.csv_files import raw_rows
from orchestration.sources.ods import CONTENT, is_ods, refuse_document_type, sheet_names, sheet_rows
from orchestration.sources.xls import is_xls, read_xls
from orchestration.text import HIDDEN

BOOK = "xl/workbook.xml"
WORKSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
# Of all members together: sheets are streamed, a row at a time, and all else is held. The most known is 22 MB (AmbSYS,
# August 2025); a cancer extract has 4 MB a month, so a year of it has 48.
MAX_BOOK = 128 * 1024 * 1024
# The most known is 14 (AmbSYS, August 2025). Each sheet of a name that a publication has is looked at for its headings.
MAX_SHEETS = 200
# Of an .ods, bytes of XML times sheets: to find a sheet all before it is parsed. At the limit the worst that was made
# up, sheets that three publications look at, takes 20 minutes (2026-11). The catchments, not seen, may have 19 sheets.
MAX_PARSED = 16 * MAX_BYTES
MAX_ROWS = 1_048_576  # of a sheet; empty rows are counted out to a row number beyond
# openpyxl fills a row up to its last cell. The widest known has 209 (AmbSYS); the benchmark data of the staff survey,
# not seen, has some 1800 by what is said of it.
MAX_COLUMNS = 4096
MAX_PLACES = 256 * MAX_ROWS  # of cells, blank ones too, which take their time
# Elements that XML may hold at a time: in one row, and besides rows and texts, which are let go again.
MAX_IN_ROW, MAX_ELEMENTS = 8192, 100_000

Row = dict[int, Any]  # values that are not blank, by column, the first being 1
Rows = Iterator[tuple[int, Row]]

warnings.filterwarnings("ignore", module=r"openpyxl\.")  # of styles and extensions that we do not read


@dataclass(frozen=True)
class Book:
    """A workbook that is open: the names of its sheets, and the numbered rows of one. The one of a CSV has no name."""

    file: str
    names: list[str]
    open_sheet: Callable[[str], Iterator[Sequence[Any]]]

    def __post_init__(self) -> None:
        if len(self.names) > MAX_SHEETS:
            raise InputError(f"has more than {MAX_SHEETS} sheets: save by itself what counts", file=self.file)

    def place(self, name: str) -> str:
        """What messages call a sheet."""
        return f"{self.file} [{name}]" if name else self.file

    def like(self, pattern: str) -> list[str]:
        """The sheets with a name like this, whatever its case and the blanks around it."""
        return [name for name in self.names if re.fullmatch(pattern, name.strip(), re.IGNORECASE)]

    def rows(self, name: str) -> Rows:
        """Raises InputError on a damaged sheet, one beyond the bounds, and on control characters."""
        place = self.place(name)
        with reading(place):
            rows = self.open_sheet(name)
        places = 0
        for number in range(1, MAX_ROWS + 1):
            with reading(place):
                values = next(rows, None)
            if values is None:
                return
            places += len(values)
            if places > MAX_PLACES:
                raise InputError(f"has more than {MAX_PLACES} places for cells", file=place, row=number)
            if len(values) > MAX_COLUMNS:
                raise InputError(f"has a row of more than {MAX_COLUMNS} columns", file=place, row=number)
            row = {at: value for at, value in enumerate(values, start=1) if not is_blank(value)}
            for at, value in row.items():
                if isinstance(value, str) and (found := HIDDEN.search(value)):
                    column = get_column_letter(at)
                    raise InputError("holds a control character", file=place, row=number, column=column, found=found[0])
            yield number, row
        raise InputError(f"has more than {MAX_ROWS} rows", file=place)


@contextmanager
def open_book(path: Path, file: str) -> Iterator[Book]:
    """A workbook of any kind, or a CSV. Raises InputError where it is damaged or beyond the bounds."""
    if is_xls(path):
        found = read_xls(path, file)
        yield Book(file, list(found), lambda name: iter(found[name]))
        return
    if not is_archive(path):
        yield Book(file, [""], lambda _: _rows_of_csv(path, file))
        return
    with open_archive(path, file) as archive, path.open("rb") as content:
        if is_ods(archive):
            with reading(file), archive.open(CONTENT) as stream:
                names = sheet_names(stream, MAX_SHEETS)
            if (size := archive.getinfo(CONTENT).file_size) * len(names) > MAX_PARSED:
                problem = f"has {len(names)} sheets, too many for its {size} bytes unpacked: save by itself what counts"
                raise InputError(problem, file=file)
            yield Book(file, names, lambda name: _rows_of_ods(archive, name))
            return
        refuse_to_hold(sum(member.file_size for member in archive.infolist()), file, MAX_BOOK)
        with reading(file):
            reader = ExcelReader(content, read_only=True, data_only=True, keep_links=False)
            reader.archive = _Watched(content)
            reader.read_manifest()
            kinds = [(part.PartName.removeprefix("/"), part.ContentType) for part in reader.package.Override]
        held = {member.filename: member.file_size for member in archive.infolist()}
        for name in {name for name, kind in kinds if kind == WORKSHEET} - {n for n, kind in kinds if kind != WORKSHEET}:
            held.pop(name, None)
        refuse_to_hold(sum(held.values()), file)
        with reading(file):
            reader.read()
        book = reader.wb

        def open_sheet(name: str) -> Iterator[tuple[Any, ...]]:
            book[name].reset_dimensions()  # most cancer workbooks say that every sheet is one cell large
            rows: Iterator[tuple[Any, ...]] = book[name].iter_rows(values_only=True)
            return rows

        yield Book(file, book.sheetnames, open_sheet)


def is_book(archive: ZipFile) -> bool:
    """Whether an archive is a workbook."""
    return BOOK in archive.namelist() or is_ods(archive)


def _rows_of_ods(archive: ZipFile, name: str) -> Iterator[list[Any]]:
    with archive.open(CONTENT) as stream:
        yield from sheet_rows(stream, name)


def _rows_of_csv(path: Path, file: str) -> Iterator[list[str]]:
    with open_file(path, None, file) as stream:
        yield from raw_rows(stream, file)


class _Watched(ZipFile):
    """An archive whose members are parsed just before openpyxl parses them, as far as it reads them, to see that none
    declares entities or grows large in memory."""

    def open(self, name: str | ZipInfo, *args: Any, **options: Any) -> IO[bytes]:
        stream = super().open(name, *args, **options)
        read, counting = stream.read, _Elements()

        def watched(size: int = -1) -> bytes:
            content = read(size)
            counting.feed(content)
            return content

        stream.read = watched  # type: ignore[method-assign]
        return stream


class _Elements:
    """Counts the elements of XML that openpyxl holds at a time, and refuses a document type: no workbook has one, and
    it could declare entities that openpyxl would expand."""

    def __init__(self) -> None:
        self._depth = self._in_row = self._others = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = refuse_document_type

    def feed(self, content: bytes) -> None:
        with suppress(expat.ExpatError):  # openpyxl says what is wrong, where it reads it as XML at all
            self._parser.Parse(content)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > 3:
            self._in_row += 1
            if self._in_row > MAX_IN_ROW:
                raise ValueError(f"it holds more than {MAX_IN_ROW} elements in a row")
        else:
            self._in_row = 0
            self._others += name.rpartition(":")[2] not in ("row", "si", "t")
            if self._others > MAX_ELEMENTS:
                raise ValueError(f"it holds more than {MAX_ELEMENTS} elements besides rows")

    def _end(self, name: str) -> None:
        self._depth -= 1


@contextmanager
def reading(file: str) -> Iterator[None]:
    """Around what openpyxl does: it has no error of its own, so damage shows as whatever went wrong."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise damaged(file, error.__cause__ or error) from None


def damaged(file: str, error: BaseException) -> InputError:
    return InputError(f"is a damaged workbook ({type(error).__name__}: {error}): download it again", file=file)


def is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def is_error(value: Any) -> bool:
    """Whether a cell holds the error of a formula. Of .xls none is left: such a cell is blank."""
    return isinstance(value, str) and value in ERROR_CODES


def is_text_or_number(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    )


def as_text(value: Any, date_format: str | None = None) -> str:
    """A cell as a person would write it: a number without the noise of its last bits, without an exponent."""
    if isinstance(value, float):
        return format(Decimal(format(value, ".15g")), "f")
    if isinstance(value, date) and date_format:
        return value.strftime(date_format)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
