"""What can be told apart: simultaneous confidence sets of ranks, expected ranks, bands.

Mogstad, Romano, Shaikh and Wilhelm, Inference for Ranks (Review of Economic Studies 2024); Lingsma and others, BMC
Medical Research Methodology 2009, 9:53. Ranks here are by average score, without the override: a flag has no error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from orchestration.statistics.leagues import SCORE, League
from orchestration.statistics.numbers import Real, Whole, decimals, generator, table

DRAWS = 4_000  # of the largest of all differences. We chose it on 2026-11-22; no comparison is on record
LEVEL = 0.95
PAIRS_AT_ONCE = 65_536  # half a megabyte stays in the cache of a core: 14 MB took four times as long (2026-11)
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "standard_error": pa.decimal128(6, 3),
    "expected_rank": pa.decimal128(6, 1),
    "best_rank": pa.int32(),
    "worst_rank": pa.int32(),
    "told_apart_from": pa.int32(),
    "may_be_in_top_quarter": pa.bool_(),
    "may_be_in_bottom_quarter": pa.bool_(),
    "band": pa.int32(),
    "later_told_apart_alone": pa.list_(pa.bool_()),
    "later_told_apart_all": pa.list_(pa.bool_()),
}


def standard_errors(league: League) -> Real:
    """Standard error of each average score, (n,), from the spread of metric scores within organisations.

    The spread is pooled over the league: a variance of five scores is itself too uncertain to decide who differs.
    """
    totals, whole = league.by_group(league.weights)
    scores, weights = totals / (np.maximum(whole, 1) * SCORE), whole.astype(float)
    total = weights.sum(axis=1)
    share = (weights**2).sum(axis=1) / total**2
    means = (scores * weights).sum(axis=1) / total
    squares = (weights * (scores - means[:, None]) ** 2).sum()
    freedom = (total * (1 - share)).sum()
    return np.sqrt(squares / freedom * share) if freedom > 0 else np.full(len(total), np.nan)


def told_apart(estimates: Real, errors: Real, noise: Real, level: float = LEVEL) -> NDArray[np.bool_]:
    """(n, n): whether j is better than k, all pairs tested at once, stepping down. Higher estimates are better.

    noise: (draws, n) of standard normal numbers. An error of zero for both of a pair needs no test.
    """
    spread = np.sqrt(errors[:, None] ** 2 + errors[None, :] ** 2)
    distance = estimates[:, None] - estimates[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(spread > 0, distance / spread, np.where(distance > 0, np.inf, -np.inf))
        shrink = np.where(spread > 0, 1 / spread, 0)
    np.fill_diagonal(shrink, 0)
    better = np.zeros(spread.shape, bool)
    while True:
        left = np.where(better, 0, shrink)
        largest = np.concatenate([_largest(part * errors, left) for part in _parts(noise)])
        found = (statistic > np.quantile(largest, level, method="inverted_cdf")) & ~np.eye(len(errors), dtype=bool)
        if not (found & ~better).any():
            return better
        better |= found


def told_apart_alone(estimates: Real, errors: Real) -> NDArray[np.bool_]:
    """(n, n): whether j and k differ if no other pair is looked at (two-sided). One that has no error, as `told_apart`
    takes it."""
    spread = np.sqrt(errors[:, None] ** 2 + errors[None, :] ** 2)
    distance = np.abs(estimates[:, None] - estimates[None, :])
    differ: NDArray[np.bool_] = distance > ndtri((1 + LEVEL) / 2) * spread
    return differ


def _parts(noise: Real) -> list[Real]:
    return np.array_split(noise, max(noise.size * noise.shape[1] // PAIRS_AT_ONCE, 1))


def _largest(draws: Real, shrink: Real) -> Real:
    pairs = draws[:, :, None] - draws[:, None, :]
    pairs *= shrink
    largest: Real = pairs.max(axis=(1, 2))
    return largest


def rank_limits(better: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Best and worst ranks, (n,) each, that the pairs told apart allow."""
    return 1 + better.sum(axis=0), len(better) - better.sum(axis=1)


def rankability(averages: Real, errors: Real) -> Real:
    """How much of the variance of each average is true difference, (n,), 0 to 1: tau^2 / (tau^2 + error^2)."""
    between = max(float(averages.var(ddof=1) - (errors**2).mean()), 0.0) if len(averages) > 1 else 0.0
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(between / (between + errors**2))


def shrunk(averages: Real, errors: Real) -> tuple[Real, Real]:
    """Averages drawn to their mean as far as they are error, and the errors that are left, (n,) each (empirical
    Bayes)."""
    true = rankability(averages, errors)
    return averages.mean() + true * (averages - averages.mean()), np.sqrt(true) * errors


def expected_ranks(averages: Real, errors: Real) -> Real:
    """Expected ranks, (n,), lower averages are better; they sum to n(n+1)/2."""
    spread = np.sqrt(errors[:, None] ** 2 + errors[None, :] ** 2)
    distance = averages[:, None] - averages[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        better = np.where(spread > 0, ndtr(distance / spread), (np.sign(distance) + 1) / 2)
    np.fill_diagonal(better, 0)
    found: Real = 1 + better.sum(axis=1)
    return found


def bands(averages: Whole, better: NDArray[np.bool_]) -> Whole:
    """Bands 1, 2, …, (n,), lower averages are better: from the best on, the first that the first of a band can be told
    from opens the next. Equal averages share a band, and are first together."""
    found = np.zeros(len(averages), np.int64)
    first, band = averages == averages.min(), 1
    for average in np.unique(averages):
        tied = averages == average
        if better[np.ix_(first, tied)].any():
            first, band = tied, band + 1
        found[tied] = band
    return found


def rank_sets(leagues: list[League]) -> pa.Table:
    """One row per league and organisation."""
    return table([row for league in leagues for row in _rows(league)], COLUMNS)


def _rows(league: League) -> list[dict[str, Any]]:
    count, quarter_of_league = len(league.codes), league.quarter_of_it
    errors = standard_errors(league)
    if np.isnan(errors).any():
        return []
    averages = league.averages / 100
    noise = generator(league.quarter, league.name, "rank sets").standard_normal((DRAWS, count))
    better = told_apart(-averages, errors, noise)
    # The limit of all pairs is drawn: in a league of two it may be a hair less than the exact one of a single pair.
    of_all = better | better.T
    alone = told_apart_alone(averages, errors) | of_all
    best, worst = rank_limits(better)
    expected = expected_ranks(*shrunk(averages, errors))
    band = bands(league.averages, better)
    return [
        {
            "quarter": league.quarter,
            "league": league.name,
            "organisation_code": code,
            "standard_error": decimals(errors[i]),
            "expected_rank": decimals(expected[i], 1),
            "best_rank": int(best[i]),
            "worst_rank": int(worst[i]),
            "told_apart_from": int(better[i].sum() + better[:, i].sum()),
            "may_be_in_top_quarter": bool(best[i] <= quarter_of_league),
            "may_be_in_bottom_quarter": bool(worst[i] > count - quarter_of_league),
            "band": int(band[i]),
            "later_told_apart_alone": alone[i, i + 1 :].tolist(),
            "later_told_apart_all": of_all[i, i + 1 :].tolist(),
        }
        for i, code in enumerate(league.codes)
    ]
