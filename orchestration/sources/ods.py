"""Workbooks of the kind .ods, streamed: the XML of all sheets is one member of an archive, read a piece at a time.

Belongs here: which sheets there are, and the rows of one. Does not: what a workbook holds (`sheets.py`)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from html import unescape
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile

from orchestration.sources.archives import MAX_BYTES

CONTENT = "content.xml"
MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
PIECE = 256 * 1024  # bytes of XML at a time
MAX_WIDTH = 4097  # cells of a row up to its last that is not blank; one more than a sheet may have, which says so
MAX_TEXT = 1_000_000  # characters of a row, as of CSV, repeated cells too; of a sheet as many as a file may have bytes
MAX_TAG = 4 * 1024 * 1024  # bytes of a tag or comment, which the parser holds until it ends
TABLE = re.compile(rb"<table:table\s[^<>]*>")
NAME = re.compile(rb'\stable:name="([^"]*)"')
NUMBERS = ("float", "percentage", "currency")


def is_ods(archive: ZipFile) -> bool:
    """Whether an archive is such a workbook: a member of it says so."""
    names = archive.namelist()
    if "mimetype" not in names or CONTENT not in names:
        return False
    with archive.open("mimetype") as stream:
        return stream.read(len(MIMETYPE)) == MIMETYPE


def sheet_names(stream: IO[bytes], most: int) -> list[str]:
    """The names of the sheets, in their order, or of the first, where there are more than `most`. We look for them
    without reading the XML, which takes ten times as long."""
    found: dict[str, None] = {}
    kept = b""
    while len(found) <= most and (piece := stream.read(PIECE)):
        kept += piece
        for table in TABLE.finditer(kept):
            if match := NAME.search(table[0]):
                found[unescape(match[1].decode())] = None
        kept = kept[max(kept.rfind(b"<"), kept.rfind(b">")) :][-PIECE:]
    return list(found)


def sheet_rows(stream: IO[bytes], name: str) -> Iterator[list[Any]]:
    """The rows of one sheet, the first to the last with a value. Raises ValueError on what is too large, and on a
    document type, which could declare entities."""
    sheet = _Sheet(name)
    parsed = 0
    while not sheet.ended and (piece := stream.read(PIECE)):
        sheet.parser.Parse(piece)
        parsed += len(piece)
        if parsed - sheet.parser.CurrentByteIndex > MAX_TAG:
            raise ValueError(f"it has a tag of more than {MAX_TAG} bytes")
        while sheet.ready:
            times, row = sheet.ready.popleft()
            for _ in range(times):
                yield row
    if not sheet.ended:
        raise ValueError("it breaks off")


class _Sheet:
    """Collects the rows of a sheet while its XML is parsed: how many times each stands there, and its values."""

    def __init__(self, name: str) -> None:
        self.ready: deque[tuple[int, list[Any]]] = deque()
        self.ended = False
        self._name = name
        self._within = self._beside = 0  # tables within the sheet, itself one; what stands beside a cell
        self._row: list[Any] | None = None
        self._row_times = self._blank_rows = self._blank_cells = self._length = self._sheet_length = 0
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._within += bool(self._within or (attributes.get("table:name") == self._name and not self.ended))
        elif self._within != 1:
            return
        elif tag == "table:table-row":
            self._row, self._blank_cells, self._length = [], 0, 0
            self._row_times = _times(attributes, "table:number-rows-repeated")
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell, self._text = attributes, []
        elif _is_beside(tag):
            self._beside += 1
        elif self._cell is not None and not self._beside:
            if tag == "text:p" and self._text:
                self._characters("\n")
            elif tag in ("text:s", "text:tab", "text:line-break"):
                self._characters("\n" if tag == "text:line-break" else " ")

    def _characters(self, text: str) -> None:
        if self._cell is not None and not self._beside:
            self._lengthen(len(text))
            self._text.append(text)

    def _lengthen(self, by: int) -> None:
        self._length += by
        if self._length > MAX_TEXT:
            raise ValueError(f"it has a row of more than {MAX_TEXT} characters")

    def _end(self, tag: str) -> None:
        if tag == "table:table":
            self.ended = self.ended or self._within == 1
            self._within -= bool(self._within)
        elif self._within != 1:
            return
        elif _is_beside(tag):
            self._beside -= 1
        elif self._cell is not None and tag in ("table:table-cell", "table:covered-table-cell"):
            self._add(_value(self._cell, "".join(self._text)), _times(self._cell, "table:number-columns-repeated"))
            self._cell = None
        elif self._row is not None and tag == "table:table-row":
            if self._row:
                if self._blank_rows:
                    self.ready.append((self._blank_rows, []))
                self._sheet_length += self._row_times * self._length
                if self._sheet_length > MAX_BYTES:
                    raise ValueError(f"it has a sheet of more than {MAX_BYTES} characters")
                self.ready.append((self._row_times, self._row))
                self._blank_rows = 0
            else:
                self._blank_rows += self._row_times
            self._row = None

    def _add(self, value: Any, times: int) -> None:
        """A cell, as often as it is repeated. Blank ones are added before another alone."""
        if self._row is None:
            return
        if value == "":
            self._blank_cells += times
            return
        if len(self._row) + self._blank_cells + times > MAX_WIDTH:
            times = max(MAX_WIDTH - len(self._row) - self._blank_cells, 0)
            self._blank_cells = min(self._blank_cells, MAX_WIDTH - len(self._row))
        if isinstance(value, str):
            self._lengthen(len(value) * max(times - 1, 0))
        self._row += [None] * self._blank_cells + [value] * times
        self._blank_cells = 0


def _value(attributes: dict[str, str], text: str) -> Any:
    kind = attributes.get("office:value-type")
    if kind in NUMBERS:
        return float(attributes["office:value"])
    if kind != "date":
        return text
    written = attributes.get("office:date-value", text)
    with suppress(ValueError):
        return datetime.fromisoformat(written)
    return written


def _is_beside(tag: str) -> bool:
    """Notes on a cell, and pictures and boxes that are anchored in it: they have texts of their own."""
    return tag == "office:annotation" or tag.startswith("draw:")


def _times(attributes: dict[str, str], name: str) -> int:
    times = int(attributes.get(name, 1))
    if times < 1:
        raise ValueError(f"{name} is {times}")
    return times


def refuse_document_type(*_: Any) -> None:
    """Stop a parser at a document type, which could declare entities. Raises ValueError."""
    raise ValueError("it has a document type")
