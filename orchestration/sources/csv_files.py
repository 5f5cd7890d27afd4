"""Strict CSV reading: every value stays text, every row keeps its number, and anything odd is an error that names its
place."""

from __future__ import annotations

import codecs
import csv
import io

import pandas as pd

from orchestration.errors import InputError
from orchestration.sources.descriptions import Source, known_sources

# Three damaged headings of seventeen (0.70) still are the publication; files of other kinds share none (2026-11).
RECOGNISED_FROM = 0.6
csv.field_size_limit(1_000_000)


def recognise(content: bytes) -> Source | None:
    """The publication that the first row of a file looks like, or none."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    head = content[:65536].decode(encoding, errors="replace")
    try:
        first_row = next(csv.reader(io.StringIO(head, newline="")), [])
    except csv.Error:
        return None
    likeness, best = max(
        ((source.likeness(first_row), source) for source in known_sources().values()), key=lambda pair: pair[0]
    )
    return best if likeness >= RECOGNISED_FROM else None


def read_csv(content: bytes, source: Source, file: str) -> pd.DataFrame:
    """All rows of a file as text, in the source's column names, with `_source_row` (the first line of the file is 1).

    A column that this edition of the publication does not carry is missing (NA), not blank. Raises InputError on bytes
    that are not UTF-8, unknown or missing or repeated headings, and rows of another length than the header.
    """
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError("is not UTF-8", file=file, row=line, found=content[error.start : error.start + 1]) from None
    if "\0" in text:
        raise InputError("holds a NUL byte", file=file, row=text[: text.index("\0")].count("\n") + 1)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
    except csv.Error as error:
        raise InputError(f"is not well-formed CSV ({error})", file=file, row=len(rows) + 1) from None

    while len(rows) > 1 and rows[-1] == []:
        rows.pop()  # blank lines at the end hold nothing
    names = column_names(rows[0], source, file) if source.header else [column.name for column in source.columns]
    first = 2 if source.header else 1
    body = rows[first - 1 :]
    for number, values in enumerate(body, start=first):
        if len(values) != len(names):
            raise InputError(
                "has a row of another length", file=file, row=number, found=len(values), expected=f"{len(names)} values"
            )
    if not body:
        raise InputError("has no rows", file=file, row=1)
    frame = pd.DataFrame(body, columns=names, dtype="string")
    frame = frame.reindex(columns=[column.name for column in source.columns])
    frame["_source_row"] = [str(number) for number in range(first, first + len(body))]
    return frame.astype("string")


def column_names(headings: list[str], source: Source, file: str) -> list[str]:
    """The source's name of each heading; a documented typo stands for the one column that is missing."""
    headings = [heading.strip() for heading in headings]
    names = [source.by_heading.get(heading) for heading in headings]
    missing = [column.name for column in source.columns if not column.optional and column.name not in names]
    for position, heading in enumerate(headings):
        if names[position] is None and source.header_typo and source.header_typo in heading and len(missing) == 1:
            names[position] = missing.pop()
        if names[position] is None:
            raise InputError(
                f"has a heading that {source.title!r} does not know",
                file=file,
                row=1,
                column=str(position + 1),
                found=heading,
                expected=f"one of {', '.join(source.by_heading)}",
            )
        if names.index(names[position]) != position:
            raise InputError("has a heading twice", file=file, row=1, column=str(position + 1), found=heading)
    if missing:
        raise InputError(
            f"lacks columns of {source.title!r}",
            file=file,
            row=1,
            expected=", ".join("/".join(c.published) for c in source.columns if c.name in missing),
        )
    return [name for name in names if name is not None]
