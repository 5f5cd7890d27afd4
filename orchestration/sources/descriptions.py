"""The publications this project knows, as described in `data/sources/*.yml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from orchestration.workspace.paths import SOURCES

MATURITIES = ("provisional", "final", "revised", "not stated")


@dataclass(frozen=True)
class Column:
    """A column as landed. Its text comes from under a heading, or, in a workbook, from one cell of the sheet (`cell`)
    or from the last text met above the table in a sheet's column (`title_in`)."""

    name: str
    published: tuple[str, ...] = ()
    optional: bool = False
    cell: str | None = None
    title_in: str | None = None


@dataclass(frozen=True)
class Period:
    """Where the month is: in columns of the rows, joined by a space, or in a cell of a workbook. Rows whose text is one
    of `totals` name none."""

    format: str
    columns: tuple[str, ...] = ()
    cell: str | None = None
    totals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Which half of a publication a workbook is: the text of a cell, by part."""

    cell: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Retired:
    """Since when a source is published no more, and why. Its files are still known."""

    since: str
    reason: str


@dataclass(frozen=True)
class Fetch:
    """Where files are linked. `files` is what the name of one looks like, `pages` the addresses, below the landing
    page, of pages that link more; a group `month` or `year` in them says when a link is about. An `address` never
    changes and needs no page. `hosts` may serve files, besides the one of the landing page."""

    files: str | None = None
    pages: str | None = None
    address: str | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """When a publication is expected: of `every_month` of a quarter, of its `last_month` or of the `quarter` itself, so
    many days after its end; later than `alert_days` somebody has to act. Each of `parts` is a file of its own."""

    of: str
    due_days: int
    alert_days: int
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """One publication: who publishes it and how its files are laid out. `columns` are in published order. With `sheets`
    it is a workbook; `national` ones are too large to be held as a whole."""

    id: str
    title: str
    publisher: str
    licence: str
    landing_page: str
    maturity: str
    required: bool
    columns: tuple[Column, ...]
    header: bool = True
    header_typo: str | None = None
    row_pattern: tuple[tuple[int, str], ...] = ()
    national: bool = False
    period: Period | None = None
    part: Part | None = None
    retired: Retired | None = None
    fetch: Fetch | None = None
    calendar: Calendar | None = None
    sheets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def by_heading(self) -> dict[str, str]:
        return {heading: column.name for column in self.columns for heading in column.published}

    def headings_of(self, name: str) -> tuple[str, ...]:
        return next(column.published for column in self.columns if column.name == name)

    def likeness(self, first_row: list[str]) -> float:
        """How much the first row of a file looks like this publication, 0 to 1: headings shared, of those in either."""
        if self.header:
            headings = {heading.strip() for heading in first_row}
            shared = len(headings & set(self.by_heading))
            return shared / (len(headings) + len(self.columns) - shared)
        fits = len(first_row) == len(self.columns) and all(
            re.fullmatch(pattern, first_row[position - 1]) for position, pattern in self.row_pattern
        )
        return float(fits)


def column_name(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")


@cache
def known_sources() -> dict[str, Source]:
    described = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(SOURCES.glob("*.yml"))]
    return {document["id"]: _source(document) for document in described}


def _source(described: dict[str, Any]) -> Source:
    period, part, retired = described.get("period"), described.get("part"), described.get("retired")
    fetch, calendar = described.get("fetch"), described.get("calendar")
    return Source(
        id=described["id"],
        title=described["title"],
        publisher=described["publisher"],
        licence=described["licence"],
        landing_page=described["landing_page"],
        maturity=described["maturity"],
        required=described["required"],
        columns=tuple(_column(column) for column in described["columns"]),
        header=described.get("header", True),
        header_typo=described.get("header_typo"),
        row_pattern=tuple(described.get("row_pattern", {}).items()),
        national=described.get("national", False),
        period=Period(
            period["format"], tuple(period.get("columns", ())), period.get("cell"), tuple(period.get("totals", ()))
        )
        if period
        else None,
        part=Part(part["cell"], part["values"]) if part else None,
        retired=Retired(str(retired["since"]), retired["reason"]) if retired else None,
        fetch=Fetch(fetch.get("files"), fetch.get("pages"), fetch.get("address"), tuple(fetch.get("hosts", ())))
        if fetch
        else None,
        calendar=Calendar(
            calendar["of"], calendar["due_days"], calendar["alert_days"], tuple(calendar.get("parts", ()))
        )
        if calendar
        else None,
        sheets={sheet: tuple(columns) for sheet, columns in described.get("sheets", {}).items()},
    )


def _column(described: str | dict[str, Any]) -> Column:
    if isinstance(described, str):
        return Column(column_name(described), (described,))
    return Column(**{**described, "published": tuple(described.get("published", ()))})
