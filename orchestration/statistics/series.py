"""What is more than chance in a series of months: XmR charts by the rules of Making Data Count.

Belongs here: limits and rules. Does not: which months make a series, when limits start anew (`monthly_values.sql`),
whether up is better (`metric_series.sql`).

Values are whole numbers of millionths, and a limit is rounded to a millionth before a value is compared with it: who
redoes a point from the published figures comes to the same. Nothing depends on the order of rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from orchestration.statistics.numbers import Whole

Truth = NDArray[np.bool_]

LIMIT = 2.66  # mean moving ranges between mean and limit: 3 / 1.128, as in any XmR chart
SCREEN = 3.267  # a moving range of so many means is left out of the second mean, as NHSRplotthedots does
FEWEST = 6  # a month that stands apart widens the limits of fewer to beyond itself: of up to four none can lie outside
RUN = 7  # points on one side of the mean, or in one direction: Making Data Count
TRIAL = 12  # limits of fewer points are trial limits: Making Data Count
MILLION, MILLIONTH = 1_000_000, pa.scalar(Decimal("0.000001"), pa.decimal128(7, 6))
KEY = ("quarter", "metric_id", "measure", "organisation_code", "phase", "month")
COLUMNS = (
    dict.fromkeys(KEY[:4], pa.string())
    | {"phase": pa.int32(), "month": pa.date32(), "points": pa.int32(), "limits": pa.string()}
    | dict.fromkeys(("mean", "moving_range", "lower_limit", "upper_limit"), pa.decimal128(18, 6))
    | dict.fromkeys(("outside_limits", "shift", "trend", "two_of_three"), pa.int32())
)
OF_DENOMINATORS = dict.fromkeys(("quarter", "framework", "metric_id", "organisation_code"), pa.string()) | {
    "month": pa.date32(),
    "limits": pa.string(),
    "outside_limits": pa.int32(),
}


def control_limits(months: pd.DataFrame) -> pa.Table:
    """One row per month of a phase of a series, in COLUMNS. Each rule says 1 where the point is part of something high
    or rising, -1 where low or falling, else 0. Only months that follow each other make a moving range or a run."""
    rows = months.sort_values([*KEY], ignore_index=True)
    value = np.rint(rows["value"].to_numpy(float) * MILLION).astype(np.int64)
    series = np.asarray(rows.groupby([*KEY[:5]], sort=False).ngroup(), dtype=np.int64)
    when = pd.to_datetime(rows["month"])
    number = (when.dt.year * 12 + when.dt.month).to_numpy()
    follows = np.zeros(len(rows), dtype=bool)
    follows[1:] = (series[1:] == series[:-1]) & (number[1:] == number[:-1] + 1)

    points = _per_series(series, np.ones_like(value))
    mean = _per_series(series, value) / points
    step = np.where(follows, np.diff(value, prepend=value[:1]), 0)
    moving = _mean_moving_range(series, np.abs(step), follows)
    middle = np.rint(mean).astype(np.int64)
    far = np.where(points < FEWEST, np.nan, LIMIT * moving)
    near = 2 / 3 * far
    side = np.sign(value - middle)
    run = _length_of_runs(side, follows) >= RUN
    rising = np.sign(step)
    climb = (_length_of_runs(rising, follows) >= RUN - 1) & (rising != 0)  # so many steps have a point more
    figures = {
        "points": points,
        "limits": np.where(np.isnan(far), "none", np.where(points < TRIAL, "trial", "full")),
        "mean": middle,
        "moving_range": moving,
        "lower_limit": mean - far,
        "upper_limit": mean + far,
        "outside_limits": _beyond(value, mean, far),
        "shift": np.where(run, side, 0),
        "trend": np.where(climb, rising, np.append(np.where(climb, rising, 0)[1:], 0)),
        "two_of_three": _two_of_three(_beyond(value, mean, near), follows),
    }
    return _table(rows, figures)


def limits_of_denominators(months: pd.DataFrame) -> pa.Table:
    """One row per month of a denominator, in OF_DENOMINATORS. Its series is of a framework, not of a measure, and in
    one phase."""
    rows = months.rename(columns={"framework": "measure", "denominator": "value"}).assign(phase=1)
    return control_limits(rows).rename_columns({"measure": "framework"}).select(list(OF_DENOMINATORS))


def _per_series(series: Whole, amounts: Whole) -> Whole:
    """The sum over its series, at each point. Whole numbers add up to the same in any order."""
    sums = np.zeros(series.max(initial=-1) + 1, dtype=np.int64)
    np.add.at(sums, series, amounts)
    return sums[series]


def _mean_moving_range(series: Whole, ranges: Whole, follows: Truth) -> NDArray[np.float64]:
    """The mean moving range of its series without those that are far from the mean, at each point; with them where
    nothing else moves, since limits of no width put every month outside. None without a range."""
    counted = _per_series(series, follows.astype(np.int64))
    with np.errstate(invalid="ignore"):
        whole = _per_series(series, ranges) / counted
    kept = follows & (ranges < SCREEN * whole)
    screened = _per_series(series, np.where(kept, ranges, 0)) / np.maximum(
        _per_series(series, kept.astype(np.int64)), 1
    )
    return np.where(screened > 0, screened, whole)


def _length_of_runs(signs: Whole, follows: Truth) -> Whole:
    """How many points in a row have the sign of this one; 0 where it has none."""
    begins = ~follows
    begins[1:] |= signs[1:] != signs[:-1]
    length = _per_series(np.cumsum(begins) - 1, np.ones_like(signs))
    return np.where(signs == 0, 0, length)


def _beyond(value: Whole, mean: NDArray[np.float64], width: NDArray[np.float64]) -> Whole:
    """1 above the upper of two limits, -1 below the lower, else 0."""
    with np.errstate(invalid="ignore"):
        return (value > np.rint(mean + width)).astype(np.int64) - (value < np.rint(mean - width)).astype(np.int64)


def _two_of_three(beyond: Whole, follows: Truth) -> Whole:
    """The points beyond a near limit of which two stand in three months that follow each other, on one side."""
    found = np.zeros_like(beyond)
    third = np.flatnonzero(follows[1:-1] & follows[2:]) + 2
    for sign in (1, -1):
        there = beyond == sign
        full = third[there[third].astype(int) + there[third - 1] + there[third - 2] >= 2]
        for place in (full, full - 1, full - 2):
            found[place[there[place]]] = sign
    return found


def _table(rows: pd.DataFrame, figures: dict[str, Any]) -> pa.Table:
    columns = []
    for name, kind in COLUMNS.items():
        if pa.types.is_decimal(kind):
            found = np.rint(figures[name])
            whole = pa.array(np.nan_to_num(found).astype(np.int64), mask=np.isnan(found)).cast(pa.decimal128(19, 0))
            columns.append(pc.multiply(whole, MILLIONTH).cast(kind))
        else:
            columns.append(pa.array(figures.get(name, rows.get(name))).cast(kind))
    return pa.table(columns, names=list(COLUMNS))
