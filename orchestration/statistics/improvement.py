"""What moved since the quarter before: an organisation's change of scores, how sure it is, and why its rank moved."""

from __future__ import annotations

from itertools import combinations, product
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import stdtr, stdtrit

from orchestration.statistics.leagues import SCORE, League, place_keys, weighted_averages
from orchestration.statistics.numbers import Real, Whole, decimals, false_discovery, table

CAUSES = ("own_scores", "own_metrics", "others", "cut_points", "override")
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


def paired_changes(changes: Real, held: Any, weights: Real, of_group: Whole) -> tuple[Real, Real, Real]:
    """Weighted mean change, half-width of its 95% interval and p-value, (n,) each, of changes of scores (n, M) of the
    metrics held; Student's t over the groups that the metrics are of, (M, G). NaN with fewer than METRICS_NEEDED.

    An organisation whose every change is the same has no spread: width 0, and p 0 or, without any change, 1.
    """
    weight = np.where(held, weights, 0.0)
    total, count = weight.sum(axis=1), (held.astype(np.int64) @ of_group > 0).sum(axis=1).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, (weight * np.where(held, changes, 0)).sum(axis=1) / total, np.nan)
        squares = (((weight * np.where(held, changes - mean[:, None], 0)) @ of_group) ** 2).sum(axis=1) / total**2
        error = np.sqrt(squares * count / (count - 1))
        p = 2 * stdtr(count - 1, -np.abs(mean) / error)
        width = stdtrit(count - 1, 0.975) * error
    p = np.where(error == 0, np.where(mean == 0, 1.0, 0.0), p)
    enough = count >= METRICS_NEEDED
    return mean, np.where(enough, width, np.nan), np.where(enough, p, np.nan)


def own_averages(before: League, now: League, comparable: set[str]) -> Whole:
    """Averages in hundredths, (2, 2, n) in the order of `now`: the scores of the metrics compared as before or now, and
    all else (metrics gained, lost or not comparable) as before or now. -1 for who was not ranked before."""
    found = np.full((2, 2, len(now.codes)), -1)
    found[1, 1] = now.averages
    for i, code in enumerate(now.codes):
        if code in before.codes:
            j = before.codes.index(code)
            old = dict(zip(before.metrics, before.scores[j].tolist(), strict=True))
            new = dict(zip(now.metrics, now.scores[i].tolist(), strict=True))
            both = {metric for metric in comparable if old.get(metric) and new.get(metric)}
            found[0, 0, i] = before.averages[j]
            found[1, 0, i] = _average(before, {**old, **{metric: new[metric] for metric in both}})
            found[0, 1, i] = _average(now, {**new, **{metric: old[metric] for metric in both}})
    return found


def _average(league: League, scores: dict[str, int]) -> Whole:
    own = np.array([scores[metric] for metric in league.metrics])
    return weighted_averages((own * league.weights).sum(), ((own > 0) * league.weights).sum())


def places_by_cause(before: League, now: League, comparable: set[str]) -> dict[str, Real]:
    """Places gained, (n,) in the order of `now`, by each cause: Shapley values over all orders in which the causes can
    be put from before to now. They add up to the change of rank; NaN for who was not ranked before."""
    codes = sorted({*before.codes, *now.codes})
    rows = [codes.index(code) for code in now.codes]
    averages, floors = np.full((2, len(codes)), -1), np.full((2, len(codes)), -1)
    for state, league in enumerate((before, now)):
        places = [codes.index(code) for code in league.codes]
        averages[state, places], floors[state, places] = league.averages, league.floors
    floors = np.where(floors < 0, floors[::-1], floors)  # who is in one quarter only keeps the flag of that quarter
    own_average = own_averages(before, now, comparable)
    cuts = (before.cuts, now.cuts)

    def ranks(own: int, metrics: int, others: int, cut: int, override: int) -> Whole:
        mine = place_keys(own_average[own, metrics], cuts[cut], floors[override, rows])
        theirs = place_keys(averages[others], cuts[cut], floors[override])
        ahead = (theirs[None, :] < mine[:, None]) & (averages[others] >= 0)
        ahead[range(len(rows)), rows] = False
        found: Whole = 1 + ahead.sum(axis=1)
        return found

    rank = {state: ranks(*state) for state in product((0, 1), repeat=len(CAUSES))}
    in_both = own_average[0, 0] >= 0
    found = {}
    for cause, name in enumerate(CAUSES):
        places_gained = np.zeros(len(rows))
        rest = [other for other in range(len(CAUSES)) if other != cause]
        for size in range(len(CAUSES)):
            share = factorial(size) * factorial(len(rest) - size) / factorial(len(CAUSES))
            for moved in combinations(rest, size):
                without = tuple(int(other in moved) for other in range(len(CAUSES)))
                with_cause = tuple(int(other in moved or other == cause) for other in range(len(CAUSES)))
                places_gained += share * (rank[without] - rank[with_cause])
        found[name] = np.where(in_both, places_gained, np.nan)
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
    columns = [now.metrics.index(metric) for metric in metrics]
    weights = now.weights[columns].astype(float)
    mean, width, p = paired_changes(new - old, held, weights, now.of_group[columns])
    tested = ~np.isnan(p)
    q = np.full(len(p), np.nan)
    q[tested] = false_discovery(p[tested])
    places = places_by_cause(before, now, comparable)

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
