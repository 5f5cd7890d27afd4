"""Quarters of the financial year, which starts in April: `2025-26-Q2` is July to September 2025.

Belongs here: reading and writing quarters, their months, which ones have a framework. Does not: how publishers label
months (`sources/periods.py`)."""

from __future__ import annotations

import csv
import re
from calendar import monthrange
from datetime import date
from functools import cache
from pathlib import Path

from orchestration.errors import LeagueError

FRAMEWORKS = Path(__file__).parents[1] / "dbt_project" / "seeds" / "quarter_frameworks.csv"
WRITTEN = re.compile(r"(\d{4})-(\d{2})-Q([1-4])")


class Quarter(str):
    """A quarter as it is written everywhere, `2025-26-Q2`: text that sorts by time. Raises LeagueError on other
    text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Quarter:
        match = WRITTEN.fullmatch(text)
        if match is None or int(match[2]) != (int(match[1]) + 1) % 100:
            raise LeagueError(f"{text} is not a quarter: expected one such as 2025-26-Q2")
        return super().__new__(cls, text)

    @classmethod
    def of(cls, year: int, number: int) -> Quarter:
        """Quarter 1 to 4 of the financial year that starts in `year`."""
        return cls(f"{year}-{(year + 1) % 100:02d}-Q{number}")

    @classmethod
    def of_month(cls, month: str) -> Quarter:
        """Of `2026-01`, 2025-26-Q4."""
        year, number = int(month[:4]), int(month[5:])
        return cls.of(year if number >= 4 else year - 1, (number - 4) % 12 // 3 + 1)

    @property
    def year(self) -> int:
        """The year in which its financial year starts."""
        return int(self[:4])

    @property
    def number(self) -> int:
        return int(self[-1])

    @property
    def previous(self) -> Quarter:
        return self.of(self.year, self.number - 1) if self.number > 1 else self.of(self.year - 1, 4)

    @property
    def months(self) -> list[str]:
        """Of 2025-26-Q4, `2026-01`, `2026-02`, `2026-03`."""
        first = 3 * self.number + 1
        return [f"{self.year + (month - 1) // 12}-{(month - 1) % 12 + 1:02d}" for month in range(first, first + 3)]

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.months[0]}-01")

    @property
    def last_day(self) -> date:
        return last_day(self.months[-1])


def last_day(month: str) -> date:
    """Of `2026-02`, 28 February."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


@cache
def with_a_framework() -> tuple[Quarter, ...]:
    """The quarters that a framework is seeded for, in order: those that can be built."""
    with FRAMEWORKS.open(encoding="utf-8", newline="") as file:
        return tuple(sorted({Quarter(row["quarter"]) for row in csv.DictReader(file)}))


def require_known_quarter(text: str) -> Quarter:
    """The quarter of a text. Raises LeagueError where it is none, or none with a framework."""
    quarter = Quarter(text)
    if quarter not in with_a_framework():
        raise LeagueError(f"{quarter} is not a quarter with a framework; known: {', '.join(with_a_framework())}")
    return quarter


def needed(quarter: Quarter) -> list[Quarter]:
    """The quarters whose files a build reads: its own and, where it has a framework, the one before."""
    return [quarter, *({quarter.previous} & {*with_a_framework()})]
