"""Numbers as every statistic here needs them: random numbers, intervals, ranks, rounding, tables.

Belongs here: what two methods or more share and no league knows. Does not: the arithmetic of a league (`leagues`), any
method."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Whole = NDArray[np.int64]
Real = NDArray[np.float64]
ROBUST = 1.4826  # median absolute deviations in a standard deviation of the normal law
SEED = 20250909  # the day of the first league tables; any number would do


def competition_ranks(keys: NDArray[Any]) -> Whole:
    """Ranks along the last axis, lower is better, ties share the best (1, 1, 3)."""
    rows = pd.DataFrame(keys.reshape(-1, keys.shape[-1]))
    ranks: Whole = rows.rank(axis=1, method="min").to_numpy(dtype=np.int64)
    return ranks.reshape(keys.shape)


def generator(*names: str) -> np.random.Generator:
    """Random numbers of their own for each name: who else is in the league does not change anybody's draws."""
    return np.random.default_rng([SEED, *"/".join(names).encode()])


def limits(draws: NDArray[Any], level: float = 0.95) -> tuple[NDArray[Any], NDArray[Any]]:
    """The percentile interval over the first axis; both ends are values that were drawn."""
    tail = (1 - level) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0, method="inverted_cdf")
    return low, high


def limits_around(draws: NDArray[Any], own: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """`limits`, each widened to the own value, (n,), where the draws miss it."""
    low, high = limits(draws)
    return np.minimum(low, own), np.maximum(high, own)


def robust_deviation(numbers: Real) -> float:
    """The standard deviation of a normal law by the median distance from the median; 0 of nothing."""
    return ROBUST * float(np.median(np.abs(numbers - np.median(numbers)))) if numbers.size else 0.0


def false_discovery(p: Real) -> Real:
    """Benjamini and Hochberg: the false discovery rate at which each would still be found. That of `scipy.stats`, which
    takes 0.4 s to import."""
    order = np.argsort(p)[::-1]
    adjusted = np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1))
    found = np.empty(len(p))
    found[order] = np.minimum(adjusted, 1)
    return found


def in_units(numbers: pd.Series[Any], unit: int) -> Whole:
    """Decimals as whole numbers of 1/unit."""
    found: Whole = np.rint(numbers.to_numpy(float) * unit).astype(np.int64)
    return found


def two_decimals(hundredths: Any) -> Decimal:
    """Hundredths as a number of two decimals."""
    return Decimal(int(hundredths)).scaleb(-2)


def decimals(number: float, places: int = 3) -> Decimal:
    """A share or another real number, rounded so that the last bits of a processor do not show."""
    return Decimal(f"{number:.{places}f}") + 0


def levels_of(decision_levels: pd.DataFrame) -> dict[str, float]:
    """The level of each decision of the seed. A decision without one is a KeyError, never a guess."""
    return {
        name: float(value) for name, value in zip(decision_levels["decision"], decision_levels["value"], strict=True)
    }


def table(rows: list[dict[str, Any]], columns: dict[str, pa.DataType]) -> pa.Table:
    """Rows under a declared schema: an empty table has the same columns and types as a full one."""
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=pa.schema(list(columns.items())))
