"""Months as publishers label them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pandas as pd

from orchestration.errors import InputError
from orchestration.sources.descriptions import Period, Source


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
    labels = _labels(rows, source.period)
    first_rows = rows["_source_row"].groupby(labels, sort=False).first()
    column = ", ".join(source.headings_of(name)[0] for name in source.period.columns)
    found = {
        month_of(label, source.period, file, int(row), column)
        for label, row in zip(first_rows.index, first_rows, strict=True)
    }
    if months := sorted(month for month in found if month):
        return months
    raise InputError("names no month, only totals", file=file, column=column)


def _labels(rows: pd.DataFrame, period: Period) -> pd.Series[str]:
    labels = rows[period.columns[0]]
    for name in period.columns[1:]:
        labels = labels + " " + rows[name]
    return labels


def is_about(rows: pd.DataFrame, source: Source, file: str, month: str | None) -> pd.Series[bool]:
    """Which rows of a file are about a month, or about none, as totals are."""
    assert source.period
    labels = _labels(rows, source.period)
    months = {label: month_of(label, source.period, file) for label in labels.unique()}
    return labels.map(lambda label: months[label] in (month, None))


def months_told(rows: list[list[str]], source: Source) -> set[str]:
    """The months that rows of a damaged file name, where its headings stand or, of one column, anywhere in a row."""
    assert source.period and rows
    headings = [source.by_heading.get(heading.strip()) for heading in rows[0]]
    names = source.period.columns
    places = [headings.index(name) for name in names if name in headings]
    found: set[str | None] = set()
    for row in rows[1:]:
        if len(places) == len(names):
            labels = [" ".join(row[place] for place in places if place < len(row))]
        else:
            labels = row if len(names) == 1 else []
        for label in labels:
            with suppress(InputError):
                found.add(month_of(label, source.period, ""))
    return {month for month in found if month}


def month_written(value: object) -> str | None:
    """The month that a cell above a table is: a date, or a text such as `Sep-25` and `January 2026`."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m")
    if not isinstance(value, str):
        return None
    for form in ("%b-%y", "%B-%Y", "%B %Y"):
        with suppress(ValueError):
            return datetime.strptime(value.strip(), form).strftime("%Y-%m")
    return None
