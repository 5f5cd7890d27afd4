"""The publications this project knows, as described in `data/sources/*.yml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from orchestration.workspace import SOURCES


@dataclass(frozen=True)
class Column:
    name: str
    published: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Source:
    """One publication: who publishes it and how its files are laid out. `columns` are in published order."""

    id: str
    title: str
    publisher: str
    licence: str
    landing_page: str
    required: bool
    columns: tuple[Column, ...]
    header: bool = True
    header_typo: str | None = None
    row_pattern: tuple[tuple[int, str], ...] = ()

    @property
    def by_heading(self) -> dict[str, str]:
        return {heading: column.name for column in self.columns for heading in column.published}

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


@cache
def known_sources() -> dict[str, Source]:
    sources = {}
    for path in sorted(SOURCES.glob("*.yml")):
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        sources[described["id"]] = Source(
            id=described["id"],
            title=described["title"],
            publisher=described["publisher"],
            licence=described["licence"],
            landing_page=described["landing_page"],
            required=described["required"],
            columns=tuple(
                Column(column["name"], tuple(column.get("published", ())), column.get("optional", False))
                for column in described["columns"]
            ),
            header=described.get("header", True),
            header_typo=described.get("header_typo"),
            row_pattern=tuple(described.get("row_pattern", {}).items()),
        )
    return sources
