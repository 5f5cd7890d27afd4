"""Files that are something other than they seem, such as a web page saved as CSV: what one is, and what to do.

Belongs here: what the first and last bytes say, and a publication that somebody saved in another form. Does not: files
that a reader takes (`recognise.py`)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from orchestration.errors import InputError
from orchestration.sources.archives import GZIP, HEAD, first_bytes, is_archive
from orchestration.sources.csv_files import MAX_ROWS, as_csv, cells, source_by_headings, source_by_row
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.periods import months_told
from orchestration.sources.sheets import Row, as_text, open_book
from orchestration.sources.xls import is_xls

AGAIN = "download it again"
OLE = r"\xd0\xcf\x11\xe0.*"
ZIPPED = r"PK\x03\x04.*"


def _utf16(word: str) -> str:
    return "".join(f"{letter}\\0" for letter in word)


# What the bytes of a file say it is. A publication may have been meant by a file that is BROKEN.
BROKEN = {
    r"[\s\0]*\Z": f"is empty: {AGAIN}",
    r"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<(?i:!doctype html|html|head|body|!--)": (
        "is a web page, not the file: open the page and download the file that it links"
    ),
    r"([\t\r\n -~]\0){20}|(\0[\t\r\n -~]){20}": (
        f"is text of two bytes a character without the mark that says so: {AGAIN}, or save it as UTF-8"
    ),
    OLE + _utf16("EncryptedPackage"): f"is a workbook with a password: {AGAIN}, or save it without the password",
}
OF_NO_USE = {
    r"(\xef\xbb\xbf)?\s*<(\?xml|Error)": "XML",
    r"%PDF-": "a PDF",
    r"\s*(\[InternetShortcut\]|\{000214A0)": "a bookmark",
    r"Rar!|7z\xbc\xaf|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar": "an archive of a kind that is not read, so unpack it",
    r"\s*(\{\s*[\"}]|\[\s*[\[{\"\]])": "JSON",
    r"\xff\xd8\xff|\x89PNG|GIF8": "a picture",
    OLE + f"({_utf16('WordDocument')}|{_utf16('PowerPoint Document')})": "a document",
    ZIPPED + r"(word/document|ppt/presentation)\.xml": "a document",
    r"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument\.(?!spreadsheet)": "a document",
    ZIPPED + r"xl/workbook\.bin": "a workbook of the kind .xlsb",
}
READ = "CSV, .xlsx, .xls, .ods, .zip and .gz are read"
# What only a name can say, as the content is that of a tool.
NAMED = {
    r"~\$.*": "a mark that a workbook is open: close it in the spreadsheet",
    r".*\.(crdownload|part|partial|download)": "a download that is not finished: wait for it, or download again",
    r"NSSB.*": "the NHS Staff Survey of bank workers, which no metric rests on",
    r"\.DS_Store|Thumbs\.db|desktop\.ini|\._.*": "no data, left by a file manager: it may be deleted",
}
SEPARATORS = {
    ",": None,
    ";": "its values are separated by semicolons, not by commas",
    "\t": "its values are separated by tabs, not by commas",
}
AKIN_FROM = 0.2  # of headings: A&E of 2019-20 has 0.3, RTT before April 2021 0.6; files of other kinds have none
FIRST_ROWS = 20  # among which headings are looked for; notes above a table have fewer
NOT_AS_PUBLISHED = "download the published file, and do not save it from a spreadsheet"


def by_name(name: str) -> str | None:
    """Say why a file of such a name is not looked into."""
    return next((what for like, what in NAMED.items() if re.fullmatch(like, name, re.IGNORECASE)), None)


def broken(path: Path) -> str | None:
    """Say what is wrong with a file as a whole, whatever it should be."""
    return _what(path, BROKEN)


def of_no_use(path: Path) -> str | None:
    """Say what a file is that cannot be a publication."""
    what = _what(path, OF_NO_USE)
    return what and f"{what}; {READ}"


def _what(path: Path, kinds: dict[str, str]) -> str | None:
    with path.open("rb") as file:
        ends = file.read(HEAD)
        file.seek(max(HEAD, os.fstat(file.fileno()).st_size - HEAD))
        ends += file.read(HEAD)
    return _told((ends.startswith(GZIP) and first_bytes(path)) or ends, kinds)


def _told(content: bytes, kinds: dict[str, str]) -> str | None:
    text = content.decode("latin-1")
    return next((what for like, what in kinds.items() if re.match(like, text, re.DOTALL)), None)


Form = tuple[str | None, Iterator[list[str]], bool]  # what is the matter, rows, whether there may be more


@dataclass(frozen=True)
class Saved:
    """A publication whose rows were saved in another form: its rows from the headings on, whether there may be more,
    and what is the matter."""

    source: Source
    rows: list[list[str]]
    is_cut: bool
    problem: str


def may_be_needed(head: bytes) -> bool:
    """Whether a file that no reader takes is broken, or a publication in another form, by its first bytes."""
    return _told(head, BROKEN) is not None or _saved(_separated(head)) is not None


def in_another_form(path: Path, file: str) -> Saved | None:
    """Find the publication that somebody saved in another form than the published one."""
    return _saved(_forms(path, file))


def _saved(forms: Iterator[Form]) -> Saved | None:
    for form, rows, is_cut in forms:
        with suppress(InputError, csv.Error):
            first = list(islice(rows, FIRST_ROWS))
            for number, row in enumerate(first):
                if source := source_by_row(row):
                    what = "headings" if source.header else "rows"
                    above = f"its {what} start in row {number + 1}, not in row 1" if number else None
                    return Saved(source, [*first[number:], *islice(rows, MAX_ROWS)], is_cut, _problem(form, above))
            if first and (headless := _without_headings(first[0])):
                source, headings = headless
                whole = [headings, *first, *islice(rows, MAX_ROWS)]
                return Saved(source, whole, is_cut, _problem(form, "it has no headings above its rows"))
    return None


def is_copy(problem: str | None) -> bool:
    """Whether what is the matter with a file is that somebody saved a publication in another form."""
    return (problem or "").endswith(NOT_AS_PUBLISHED)


def _problem(*faults: str | None) -> str:
    return f"{', and '.join(filter(None, faults))}: {NOT_AS_PUBLISHED}"


def _forms(path: Path, file: str) -> Iterator[Form]:
    if is_xls(path) or is_archive(path):
        with suppress(InputError), open_book(path, file) as book:
            for name in book.names:
                rows = (_dense(row) for _, row in book.rows(name))
                yield f"it is a workbook in place of a CSV (sheet {name!r:.40})", rows, False
    yield from _separated(first_bytes(path))


def _separated(head: bytes) -> Iterator[Form]:
    for separator, form in SEPARATORS.items():
        yield form, csv.reader(io.StringIO(as_csv(head), newline=""), delimiter=separator), len(head) >= HEAD


def _dense(row: Row) -> list[str]:
    return [as_text(row.get(column, "")) for column in range(1, max(row, default=0) + 1)]


def _without_headings(row: list[str]) -> tuple[Source, list[str]] | None:
    """Find the publication that a row of figures is of, and the headings that it lacks."""
    for source in known_sources().values():
        if source.header and source.period and not source.is_workbook and len(row) == len(source.columns):
            headings = [source.headings_of(name)[0] for name in source.names]
            if months_told([headings, row], source):
                return source, headings
    return None


def akin(path: Path) -> str | None:
    """Say which publication a file is like without being one, and where it is not."""
    if like := source_by_headings(first_bytes(path), AKIN_FROM):
        return f"its headings are most like those of {like.title!r}"
    row = cells(as_csv(first_bytes(path)).partition("\n")[0])
    for source in known_sources().values():
        if not source.header and len(row) >= max(source.row_pattern):
            unlike = [at for at, pattern in source.row_pattern.items() if not re.fullmatch(pattern, row[at - 1])]
            if len(row) != len(source.columns) and not unlike:
                what = f"has {len(row)} columns, not {len(source.columns)}"
            elif len(row) == len(source.columns) and len(unlike) == 1:
                what = f"column {unlike[0]} holds {row[unlike[0] - 1]!r:.50}"
            else:
                continue
            return f"it is like {source.title!r}, but {what}: {AGAIN}"
    return None
