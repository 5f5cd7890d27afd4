"""How sure each rank is: what the ways of asking find of an organisation, in one row.

Belongs here: putting their answers side by side. Does not: any answer (`ranges`, `rank_sets`, `method_choices`,
`measurement`)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pyarrow as pa

from orchestration.statistics import measurement, method_choices, ranges, rank_sets
from orchestration.statistics.leagues import League
from orchestration.statistics.numbers import table

KEY = ("quarter", "league", "organisation_code")
PARTS = {
    "likely": ranges.COLUMNS,
    "set": rank_sets.COLUMNS,
    "method": method_choices.COLUMNS,
    "measured": measurement.COLUMNS,
}
COLUMNS = dict.fromkeys(KEY, pa.string()) | {
    f"{part}_{name}": kind for part, columns in PARTS.items() for name, kind in columns.items() if name not in KEY
}


def rank_uncertainty(leagues: list[League], measured: pd.DataFrame) -> pa.Table:
    """One row per organisation of a league, in COLUMNS: the figures of each part under its name. Those of `measured`
    are empty in a league without counts."""
    with ThreadPoolExecutor(max_workers=2) as pool:  # a build waits for this alone, and NumPy lets go of Python
        begun = {
            "likely": pool.submit(ranges.likely_ranges, leagues),
            "set": pool.submit(rank_sets.rank_sets, leagues),
            "method": pool.submit(method_choices.method_choices, leagues),
            "measured": pool.submit(measurement.measurement_error, leagues, measured),
        }
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for part, answers in begun.items():
        for answer in answers.result().to_pylist():
            key = tuple(answer.pop(name) for name in KEY)
            row = rows.setdefault(key, dict(zip(KEY, key, strict=True)))
            row |= {f"{part}_{name}": value for name, value in answer.items()}
    return table(list(rows.values()), COLUMNS)
