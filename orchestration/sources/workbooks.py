"""Workbooks: which publication one is, what it is about, and its rows.

Belongs here: what holds of both kinds of tables. Does not: how tables are read (`stacked_tables.py`,
`sheet_tables.py`)."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pandas as pd

from orchestration.errors import InputError
from orchestration.sources import sheet_tables, stacked_tables
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.sheets import open_book

RECOGNISED_FROM = 0.6  # of the headings that a table needs: two of five may be misspelt


def source_of(path: Path, file: str, as_csv: bool = False) -> Source | None:
    """The publication that a workbook, or a sheet saved as CSV, looks like, or none. Raises InputError where it is
    damaged."""
    sources = [source for source in known_sources().values() if source.is_workbook and source.as_csv >= as_csv]
    with open_book(path, file) as book:
        likeness, best = max(((_tables(one).likeness(book, one), one) for one in sources), key=lambda pair: pair[0])
    return best if likeness >= RECOGNISED_FROM else None


def subjects(path: Path, source: Source, file: str) -> tuple[list[tuple[str, str | None]], str | None]:
    """The months and parts that a workbook is about, and what was noticed in its headers. Raises InputError where its
    sheets are not as described, do not say or do not agree."""
    with open_book(path, file) as book:
        found: tuple[list[tuple[str, str | None]], str | None] = _tables(source).subjects(book, source)
    return found


def months_told(path: Path, source: Source, file: str) -> set[str]:
    """The months that the tables of a workbook that is not as described are about, as far as they still say so."""
    found = set[str]()
    with suppress(InputError), open_book(path, file) as book:
        found |= _tables(source).months_told(book, source)
    return found


def read_workbook(path: Path, source: Source, file: str) -> pd.DataFrame:
    """Every row of every table on the sheets of a source, as text, with `_source_member` (the sheet) and `_source_row`.

    A column that a sheet does not have is missing (NA), not blank. Raises InputError on sheets, tables and columns that
    are not as described, on rows outside every table and on cells that are neither text nor number.
    """
    with open_book(path, file) as book:
        rows = list(_tables(source).read(book, source))
    return pd.DataFrame(rows, columns=[*source.names, "_source_member", "_source_row"], dtype="string")


def _tables(source: Source) -> ModuleType:
    return stacked_tables if source.sheets else sheet_tables
