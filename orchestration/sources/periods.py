"""Months as publishers label them."""

from __future__ import annotations

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
