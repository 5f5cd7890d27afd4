"""Numbers, places and names as the public reads them. Pure functions, no page and no release."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTH = re.compile(r"(?<![\d-])(?P<year>20[2-9]\d)-(?P<month>0[1-9]|1[0-2])(?![\d-])")  # `2025-26` is a year


def rounded(number: Decimal, decimals: int) -> str:
    """A number with thousands apart, half rounded away from zero."""
    exact = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{exact + 0:,}"  # `+ 0` makes of minus zero a zero


def whole(number: Decimal) -> int:
    """The nearest whole number, half rounded up."""
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))


def ordinal(number: int) -> str:
    """Of 1, `1st`; of 12, `12th`."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def placed(rank: int, joint: bool) -> str:
    """A place: `26th`, or `joint 26th` where others share it."""
    return f"joint {ordinal(rank)}" if joint else ordinal(rank)


def span(low: object, high: object) -> str:
    """A range: `1 to 21`, `4.7% to 5.8%`. Of one, that one."""
    return str(low) if low == high else f"{low} to {high}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 trust`, `2 trusts`, `no trusts`."""
    word = one if number == 1 else many or f"{one}s"
    return f"{number:,} {word}" if number else f"no {word}"


def listed(items: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def value(number: Decimal, unit: str, beside: Decimal | None = None) -> str:
    """A value of a metric with its unit: `5.1%`, `6.92 out of 10`, `3`. Beside another that would look the same it has
    a decimal more."""
    alike = beside is not None and beside != number and rounded(beside, 1) == rounded(number, 1)
    decimals = 2 if alike else 1
    if unit == "%":
        return f"{rounded(number, decimals)}%"
    if unit in ("score", "rate"):
        return rounded(number, 2)
    if unit == "out of 10":
        return f"{rounded(number, 2)} {unit}"
    if unit == "count":
        return rounded(number, 0)
    return f"band {rounded(number, 0)}" if unit == "band" else f"{rounded(number, decimals)} {unit}"


def months(first: date, last: date) -> str:
    """A period of whole months: `September 2025`, `July to September 2025`, `April 2024 to March 2025`, `2024`."""
    if (first.year, first.month, last.month) == (last.year, 1, 12):
        return str(first.year)
    until = f"{MONTHS[last.month - 1]} {last.year}"
    if first.year != last.year:
        return f"{MONTHS[first.month - 1]} {first.year} to {until}"
    return until if first.month == last.month else f"{MONTHS[first.month - 1]} to {until}"


def dated(text: str) -> str:
    """A text of a release with its months written out: for `2026-01`, `January 2026`."""
    return MONTH.sub(lambda found: f"{MONTHS[int(found['month']) - 1]} {found['year']}", text)


def some(items: Sequence[str], at_most: int) -> str | None:
    """The names of a few things, apart by semicolons as names have commas. Of more than a few, nothing."""
    return "; ".join(items) if 0 < len(items) <= at_most else None


def times_in_100(share: Decimal) -> str:
    """A share as a person counts: `about 63 times in 100`, `almost every time`, `almost never`."""
    times = whole(share * 100)
    if times >= 99:
        return "almost every time"
    if times < 1:
        return "almost never"
    return "about once in 100 times" if times == 1 else f"about {times} times in 100"


def size(number: int) -> str:
    """How large a file is: `188 bytes`, `46 KB`, `1.9 MB`."""
    if number < 1000:
        return counted(number, "byte")
    kilobytes = Decimal(number) / 1000
    if whole(kilobytes) < 1000:
        return f"{rounded(kilobytes, 0)} KB"
    return f"{rounded(kilobytes / 1000, 1)} MB"
