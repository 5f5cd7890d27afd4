"""Months: which one a label names, and the quarter of the financial year that holds it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

import pandas as pd

from orchestration.errors import InputError
from orchestration.sources.descriptions import Period, Source


def quarter_of_month(month: str) -> str:
    """`2026-01` as `2025-26-Q4`: the financial year starts in April."""
    year, number = int(month[:4]), int(month[5:])
    start = year if number >= 4 else year - 1
    return f"{start}-{(start + 1) % 100:02d}-Q{(number - 4) % 12 // 3 + 1}"


def months_in(quarter: str) -> list[str]:
    """`2025-26-Q4` as `2026-01`, `2026-02`, `2026-03`."""
    year, first = int(quarter[:4]), 3 * int(quarter[-1]) + 1
    return [f"{year + (month - 1) // 12}-{(month - 1) % 12 + 1:02d}" for month in range(first, first + 3)]


def last_day(month: str) -> date:
    """Of `2026-02`, 28 February."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def month_of(label: str, period: Period, file: str, row: int | None = None, column: str | None = None) -> str | None:
    """`RTT-January-2026` as `2026-01`; none for the label of a total row. Raises InputError on any other label."""
    text = label.strip()
    if text.lower() in period.totals:
        return None
    try:
        return datetime.strptime(text, period.format).strftime("%Y-%m")
    except ValueError:
        example = datetime(2025, 4, 1).strftime(period.format)
        raise InputError(
            "names no month", file=file, row=row, column=column, found=label, expected=f"such as {example}"
        ) from None


def months_of(rows: pd.DataFrame, source: Source, file: str) -> list[str]:
    """The months that the rows of a file are about. Raises InputError on a row that names none."""
    assert source.period
    labels = rows[list(source.period.columns)].agg(" ".join, axis=1)
    first_rows = rows["_source_row"].groupby(labels, sort=False).first()
    column = ", ".join(source.headings_of(name)[0] for name in source.period.columns)
    found = {
        month_of(label, source.period, file, int(row), column)
        for label, row in zip(first_rows.index, first_rows, strict=True)
    }
    if months := sorted(month for month in found if month):
        return months
    raise InputError("names no month, only totals", file=file, column=column)
