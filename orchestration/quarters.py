"""Quarters of the financial year, which starts in April: `2025-26-Q2` is July to September 2025.

Belongs here: reading and writing quarters, their months, which ones can be built. Does not: how publishers label
months (`sources/periods.py`), the framework of a quarter (dbt model `leagues_in_force`)."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import cache

from orchestration.errors import LeagueError

WRITTEN = re.compile(r"(\d{4})-(\d{2})-Q([1-4])", re.ASCII)
YEAR, NUMBER = r"(?P<first>(?:20)?\d\d) ?[-/_] ?(?P<last>(?:20)?\d\d)", r"(?:Q|QUARTER) ?(?P<number>[1-4])"
SAID = [re.compile(rf"{one}[-/_, ]*{other}", re.ASCII) for one, other in ((YEAR, NUMBER), (NUMBER, YEAR))]


class Quarter(str):
    """A quarter as it is written everywhere, `2025-26-Q2`: text that sorts by time. Raises LeagueError on other
    text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Quarter:
        match = WRITTEN.fullmatch(text)
        if match is None or int(match[2]) != (int(match[1]) + 1) % 100:
            raise LeagueError(f"{text} is not a quarter: expected one such as 2025-26-Q2 (July to September 2025)")
        return super().__new__(cls, text)

    @classmethod
    def said(cls, text: str) -> Quarter:
        """Reads a quarter as people write it: `Q2 2025/26`, `2025-26-q2`. Raises LeagueError where the year, or the
        quarter, is not said."""
        match = next(filter(None, (form.fullmatch(" ".join(text.upper().split())) for form in SAID)), None)
        if match is None or (int(match["first"]) + 1 - int(match["last"])) % 100:
            return cls(text)
        return cls.of(2000 + int(match["first"]) % 100, int(match["number"]))

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

    def following(self, count: int) -> list[Quarter]:
        """This quarter and so many after it."""
        return [
            self.of(self.year + (self.number - 1 + n) // 4, (self.number - 1 + n) % 4 + 1) for n in range(count + 1)
        ]

    def back_to(self, first: Quarter) -> list[Quarter]:
        """This quarter and all before it to the first, the latest first."""
        return [self, *(self.previous.back_to(first) if self > first else [])]

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


FIRST = Quarter("2025-26-Q1")  # NHS England publishes league tables from here on
SERIES_BEGIN = Quarter("2021-22-Q1")  # before, publications have other layouts: RTT ends at 52 weeks


@cache
def known_quarters() -> tuple[Quarter, ...]:
    """The quarters that can be built, in order: from the first to the end of the next financial year. What is published
    of a quarter says the rules of it, so a year needs no row of a seed."""
    last = Quarter.of_month(f"{date.today():%Y-%m}").year + 1
    return tuple(Quarter.of(year, number) for year in range(FIRST.year, last + 1) for number in (1, 2, 3, 4))


def require_known_quarter(text: str) -> Quarter:
    """The quarter of a text, however people write it. Raises LeagueError where it is none, or none that can be
    built."""
    quarter = Quarter.said(text)
    if quarter not in known_quarters():
        expected = f"expected {FIRST} or later, and none after the next financial year"
        raise LeagueError(f"{quarter} is not a quarter that can be built: {expected}")
    return quarter


def needed(quarter: Quarter) -> list[Quarter]:
    """The quarters whose files a build reads: its own and, where it can be built, the one before."""
    return [quarter, *({quarter.previous} & {*known_quarters()})]


def needed_ever() -> list[Quarter]:
    """The quarters whose files a build of any quarter reads."""
    return sorted({each for one in known_quarters() for each in needed(one)})
