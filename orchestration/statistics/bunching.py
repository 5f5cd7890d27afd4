"""Whether a waiting list has a step at a standard: more patients just within it than the weeks around make likely.

Belongs here: the test at one cut, and how often it fires where there is no standard (placebo cuts). Does not: which
standards there are and which step counts; seeds `steep_standards` and `decision_levels` say so.

Nominal p values are useless here, so z is divided by its robust standard deviation over placebo cuts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.statistics.numbers import Real, decimals, levels_of, robust_deviation, table

COLUMNS = {
    "quarter": pa.string(),
    "standard": pa.string(),
    "provider_code": pa.string(),
    "just_within": pa.int64(),
    "just_over": pa.int64(),
    "expected_within": pa.decimal128(12, 1),
    "odds_ratio": pa.decimal128(12, 3),
    "z": pa.decimal128(12, 3),
    "steep": pa.bool_(),
    "providers_tested": pa.int32(),
    "placebo_deviation": pa.decimal128(9, 3),
    "placebo_cuts": pa.int32(),
    "placebo_flags": pa.decimal128(9, 3),
    "placebo_flags_most": pa.int32(),
}


@dataclass(frozen=True)
class Steps:
    """The test at one cut, of the providers that can be tested: which these are, patients of the last week within and
    of the first over, those expected within of both, z, and the odds beside those expected."""

    tested: NDArray[np.bool_]
    within: Real
    over: Real
    expected: Real
    z: Real
    odds_ratio: Real


def steps_at(weeks: Real, cut: int, fitted: int, filled: int, least: float) -> Steps:
    """Tests every provider, a row of weeks, at a cut: the weeks before it are within.

    The share of the last week within in the two weeks either side of the cut is binomial; expected is what a log-linear
    fit of provider to rest of England in `fitted` weeks each side foretells, weighted by patients. Not tested is who
    has fewer than `least` in the two weeks or nobody in one of `filled` weeks each side."""
    pair = np.array([cut - 1, cut])
    around = np.array(
        [w for w in range(max(cut - 1 - fitted, 0), min(cut + 1 + fitted, weeks.shape[1])) if w not in pair]
    )
    full = weeks[:, max(cut - 1 - filled, 0) : cut + 1 + filled]
    rest = weeks.sum(axis=0) - weeks
    tested = (
        (full > 0).all(axis=1) & (weeks[:, pair].sum(axis=1) >= least) & (rest[:, [*around, *pair]] > 0).all(axis=1)
    )
    own, others = weeks[tested], rest[tested]
    x, y, w = around - (cut - 0.5), np.log(own[:, around] / others[:, around]), own[:, around]
    total = w.sum(axis=1, keepdims=True)
    x_mean, y_mean = (w * x).sum(axis=1, keepdims=True) / total, (w * y).sum(axis=1, keepdims=True) / total
    slope = (w * (x - x_mean) * (y - y_mean)).sum(axis=1) / (w * (x - x_mean) ** 2).sum(axis=1)
    odds = np.exp(-slope) * others[:, cut - 1] / others[:, cut]  # the intercept cancels out
    within, over = own[:, cut - 1], own[:, cut]
    both, share = within + over, odds / (1 + odds)
    z = (within - both * share) / np.sqrt(both * share * (1 - share))
    return Steps(tested, within, over, both * share, z, within / over / odds)


def steep_standards(waited: pd.DataFrame, standards: pd.DataFrame, levels: pd.DataFrame) -> pa.Table:
    """One row per quarter, standard and provider that can be tested."""
    level = levels_of(levels)
    rows: list[dict[str, Any]] = []
    for quarter, of_quarter in waited.groupby("quarter"):
        rules: Iterable[Any] = standards.sort_values("standard").itertuples()
        for rule in rules:
            of_part = of_quarter[(of_quarter["publication"] == rule.publication) & (of_quarter["part"] == rule.part)]
            if not of_part.empty:
                found = _rows(of_part.sort_values("provider_code"), rule, level)
                rows += [{"quarter": quarter, "standard": rule.standard} | row for row in found]
    return table(rows, COLUMNS)


def _rows(waited: pd.DataFrame, rule: Any, level: dict[str, float]) -> list[dict[str, Any]]:
    weeks = np.array(waited["weeks"].to_list(), float)[:, : rule.weeks_published]
    apart = range(rule.apart_from, rule.apart_to + 1)
    placebos, found = (
        [steps_at(weeks, cut, rule.weeks_fitted, rule.weeks_filled, level["steep_least_patients"]) for cut in cuts]
        for cuts in ([c for c in range(rule.placebo_from, rule.placebo_to + 1) if c not in apart], [rule.weeks])
    )
    z = np.concatenate([one.z for one in placebos])
    deviation = robust_deviation(z)
    if not deviation:
        return []

    def steep(steps: Steps) -> NDArray[np.bool_]:
        return (steps.z / deviation > level["steep_z"]) & (steps.odds_ratio >= level["steep_odds_ratio"])

    flags = [int(steep(one).sum()) for one in placebos]
    (at,) = found
    is_steep = steep(at)
    return [
        {
            "provider_code": code,
            "just_within": int(at.within[i]),
            "just_over": int(at.over[i]),
            "expected_within": decimals(at.expected[i], 1),
            "odds_ratio": decimals(at.odds_ratio[i]),
            "z": decimals(at.z[i] / deviation),
            "steep": bool(is_steep[i]),
            "providers_tested": int(at.tested.sum()),
            "placebo_deviation": decimals(deviation),
            "placebo_cuts": len(flags),
            "placebo_flags": decimals(sum(flags) / len(flags)),
            "placebo_flags_most": max(flags),
        }
        for i, code in enumerate(waited["provider_code"][at.tested])
    ]
