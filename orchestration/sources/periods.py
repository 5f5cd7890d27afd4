"""Months as publishers label them."""

from __future__ import annotations

import re
from datetime import datetime

import pandas as pd

from orchestration.errors import InputError
from orchestration.sources.descriptions import Part, Period, Source

FINANCIAL_YEAR = re.compile(r"(20\d\d)[-/](\d\d) (.*)")


def month_of(label: str, period: Period, file: str, row: int | None = None, column: str | None = None) -> str | None:
    """`RTT-January-2026` as `2026-01`; none for the label of a total row. Raises InputError on any other label."""
    text = label.strip()
    if text.lower() in period.totals:
        return None
    try:
        return (_in_financial_year if period.financial_year else datetime.strptime)(text, period.format).strftime(
            "%Y-%m"
        )
    except ValueError:
        example = datetime(2025, 4, 1).strftime(period.format)
        if period.financial_year:
            example = example.replace("2025", "2025-26")
        raise InputError(
            "names no month", file=file, row=row, column=column, found=label, expected=f"such as {example}"
        ) from None


def _in_financial_year(text: str, format: str) -> datetime:
    match = FINANCIAL_YEAR.fullmatch(text)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ValueError
    found = datetime.strptime(f"{match[1]} {match[3]}", format)
    return found if found.month > 3 else found.replace(year=found.year + 1)


def part_of(text: str, part: Part, file: str, row: int | None = None, column: str | None = None) -> str:
    """The one part that a text names. Raises InputError where it names none or several."""
    parts = [name for name, word in part.values.items() if word.lower() in text.lower()]
    if len(parts) != 1:
        expected = f"one of {', '.join(part.values.values())}"
        raise InputError("is no part known here", file=file, row=row, column=column, found=text, expected=expected)
    return parts[0]


def months_of(rows: pd.DataFrame, source: Source, file: str) -> list[str]:
    """The months that the rows of a file are about. Raises InputError on a row that names none."""
    assert source.period
    first, *others = source.period.columns
    labels = rows[first].str.cat(rows[others], sep=" ") if others else rows[first]
    first_rows = rows["_source_row"].groupby(labels, sort=False).first()
    column = ", ".join(source.headings_of(name)[0] for name in source.period.columns)
    found = {
        month_of(label, source.period, file, int(row), column)
        for label, row in zip(first_rows.index, first_rows, strict=True)
    }
    if months := sorted(month for month in found if month):
        return months
    raise InputError("names no month, only totals", file=file, column=column)


def months_and_parts(rows: pd.DataFrame, source: Source, file: str) -> list[tuple[str, str | None]]:
    """The months that the rows of a file are about, and which part of the publication. Raises InputError on a row that
    names none."""
    if not source.part or not source.part.column:
        return [(month, None) for month in months_of(rows, source, file)]
    column = source.part.column
    found = []
    for text, about in rows.groupby(column, sort=False, dropna=False):
        heading = next(iter(source.headings_of(column)), column)
        part = part_of(
            "" if pd.isna(text) else str(text), source.part, file, int(about["_source_row"].iloc[0]), heading
        )
        found += [(month, part) for month in months_of(about, source, file)]
    return sorted(set(found))
