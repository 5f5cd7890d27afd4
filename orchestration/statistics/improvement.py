"""What moved since the quarter before: an organisation's change of scores, how sure it is, and why its rank moved."""

from __future__ import annotations

from itertools import combinations, product
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import stdtr, stdtrit
from scipy.stats import false_discovery_control

from orchestration.statistics.leagues import SCORE, League, Real, Whole, decimals, table

CAUSES = ("own_scores", "others", "cut_points", "override")
METRICS_NEEDED = 3  # a spread of two differences decides nothing
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "metrics_compared": pa.int32(),
    "change": pa.decimal128(6, 3),
    "change_low": pa.decimal128(6, 3),
    "change_high": pa.decimal128(6, 3),
    "p_value": pa.decimal128(7, 6),
    "q_value": pa.decimal128(7, 6),
    **{f"places_{cause}": pa.decimal128(8, 2) for cause in CAUSES},
}


def paired_changes(changes: Real, held: Any, weights: Real) -> tuple[Real, Real, Real]:
    """Weighted mean change, half-width of its 95% interval and p-value, (n,) each, of changes of scores (n, M) of the
    metrics held; Student's t over the metrics. NaN with fewer than METRICS_NEEDED.

    An organisation whose every change is the same has no spread: width 0, and p 0 or, without any change, 1.
    """
    weight = np.where(held, weights, 0.0)
    total, count = weight.sum(axis=1), held.sum(axis=1).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, (weight * np.where(held, changes, 0)).sum(axis=1) / total, np.nan)
        squares = (weight**2 * np.where(held, changes - mean[:, None], 0) ** 2).sum(axis=1) / total**2
        error = np.sqrt(squares * count / (count - 1))
        p = 2 * stdtr(count - 1, -np.abs(mean) / error)
        width = stdtrit(count - 1, 0.975) * error
    p = np.where(error == 0, np.where(mean == 0, 1.0, 0.0), p)
    enough = count >= METRICS_NEEDED
    return mean, np.where(enough, width, np.nan), np.where(enough, p, np.nan)


def places_by_cause(before: League, now: League) -> dict[str, Real]:
    """Places gained, (n,) in the order of `now`, by each cause: Shapley values over all orders in which the causes can
    be put from before to now. They add up to the change of rank; NaN for who was not ranked before."""
    codes = sorted({*before.codes, *now.codes})
    where = {code: i for i, code in enumerate(codes)}
    averages, floors = np.full((2, len(codes)), -1), np.full((2, len(codes)), -1)
    for state, league in enumerate((before, now)):
        rows = [where[code] for code in league.codes]
        averages[state, rows], floors[state, rows] = league.averages, league.floors
    floors = np.where(floors < 0, floors[::-1], floors)  # who is in one quarter only keeps the flag of that quarter
    cuts = (before.cuts, now.cuts)

    def ranks(own: int, others: int, cut: int, override: int) -> Whole:
        def keys(state: int) -> Whole:
            segments = np.maximum(np.searchsorted(cuts[cut], averages[state]) + 1, floors[override])
            found: Whole = segments * 1000 + averages[state]
            return found

        ahead = (keys(others)[None, :] < keys(own)[:, None]) & (averages[others] >= 0)[None, :]
        np.fill_diagonal(ahead, False)
        found: Whole = 1 + ahead.sum(axis=1)
        return found

    rank = {state: ranks(*state) for state in product((0, 1), repeat=len(CAUSES))}
    in_both = (averages >= 0).all(axis=0)
    rows = [where[code] for code in now.codes]
    found = {}
    for cause, name in enumerate(CAUSES):
        places = np.zeros(len(codes))
        others = [other for other in range(len(CAUSES)) if other != cause]
        for size in range(len(CAUSES)):
            share = factorial(size) * factorial(len(others) - size) / factorial(len(CAUSES))
            for moved in combinations(others, size):
                without = tuple(int(other in moved) for other in range(len(CAUSES)))
                with_cause = tuple(int(other in moved or other == cause) for other in range(len(CAUSES)))
                places += share * (rank[without] - rank[with_cause])
        found[name] = np.where(in_both, places, np.nan)[rows]
    return found


def score_changes(leagues: list[League], compared: pd.DataFrame) -> pa.Table:
    """One row per organisation of a league that was ranked in both quarters of `metrics_compared`."""
    by_name = {(league.quarter, league.name): league for league in leagues}
    rows = []
    for (quarter, previous, name), metrics in compared.groupby(["quarter", "previous_quarter", "league"]):
        comparable = set(metrics.loc[metrics["comparable"], "metric_id"])
        rows += _rows(by_name[str(previous), str(name)], by_name[str(quarter), str(name)], comparable)
    return table(rows, COLUMNS)


def _rows(before: League, now: League, comparable: set[str]) -> list[dict[str, Any]]:
    metrics = sorted(comparable & set(before.metrics) & set(now.metrics))
    codes = [code for code in now.codes if code in set(before.codes)]
    if not codes:
        return []

    def part(league: League) -> tuple[Real, Any]:
        rows = [league.codes.index(code) for code in codes]
        columns = [league.metrics.index(metric) for metric in metrics]
        return league.scores[np.ix_(rows, columns)] / SCORE, league.held[np.ix_(rows, columns)]

    (old, old_held), (new, new_held) = part(before), part(now)
    held = old_held & new_held
    weights = now.weights[[now.metrics.index(metric) for metric in metrics]].astype(float)
    mean, width, p = paired_changes(new - old, held, weights)
    tested = ~np.isnan(p)
    q = np.full(len(p), np.nan)
    if tested.any():
        q[tested] = false_discovery_control(p[tested], method="bh")
    places = places_by_cause(before, now)

    def number(found: float, digits: int) -> Any:
        return None if np.isnan(found) else decimals(float(found), digits)

    rows = []
    for i, code in enumerate(codes):
        rows.append(
            {
                "quarter": now.quarter,
                "league": now.name,
                "organisation_code": code,
                "metrics_compared": int(held[i].sum()),
                "change": number(mean[i], 3),
                "change_low": number(mean[i] - width[i], 3),
                "change_high": number(mean[i] + width[i], 3),
                "p_value": number(p[i], 6),
                "q_value": number(q[i], 6),
                **{f"places_{cause}": number(places[cause][now.codes.index(code)], 2) for cause in CAUSES},
            }
        )
    return rows
