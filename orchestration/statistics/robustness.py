"""What a rank rests on: its place without one metric, without finance, without the override; how metrics agree. A
group of metrics is one metric here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from orchestration.statistics.leagues import League, weighted_averages
from orchestration.statistics.numbers import Real, Whole, competition_ranks, decimals, table

FINANCE = "finance"  # the domain whose place in the average of a care provider is disputed
OVERRIDE = "override"
FEW = 20  # under so many a correlation is mostly chance
LEFT_OUT = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "left_out": pa.string(),
    "rank": pa.int32(),
}
AGREEMENT = {
    "quarter": pa.string(),
    "league": pa.string(),
    "metric_id": pa.string(),
    "other_metric_id": pa.string(),
    "organisations": pa.int32(),
    "correlation": pa.decimal128(4, 3),
}


def ranks_left_out(leagues: list[League]) -> pa.Table:
    """One row per league, organisation and metric or group left out, ranked as the league is; one with the `override`
    left out, ranked by average alone; and one with `finance` left out, metrics and override both."""
    return table([row for league in leagues for row in _ranks_left_out(league)], LEFT_OUT)


def finance_metrics(league: League) -> NDArray[np.bool_]:
    """Which metrics are of the finance domain, (M,)."""
    return np.array([domain == FINANCE for domain in league.domains], bool)


def without(league: League, left_out: NDArray[np.bool_]) -> Whole:
    """Averages in hundredths, (n,), without the metrics marked, (M,); who holds no other keeps the full average."""
    weights = np.where(left_out, 0, league.weights)
    rest = league.held[:, ~left_out].any(axis=1)
    averages = league.averages.copy()
    totals = (league.scores[rest] * weights).sum(axis=1)
    averages[rest] = weighted_averages(totals, (league.held[rest] * weights).sum(axis=1))
    return averages


def _ranks_left_out(league: League) -> list[dict[str, Any]]:
    group_of = np.array(league.group_of)
    ranks = {group: league.place(without(league, group_of == group)) for group in league.groups}
    ranks[OVERRIDE] = competition_ranks(league.averages)
    finance = finance_metrics(league)
    if finance.any():
        ranks[FINANCE] = competition_ranks(without(league, finance))
    return [
        {
            "quarter": league.quarter,
            "league": league.name,
            "organisation_code": code,
            "left_out": left_out,
            "rank": int(rank[i]),
        }
        for left_out, rank in ranks.items()
        for i, code in enumerate(league.codes)
    ]


def correlations(league: League) -> tuple[Real, Whole]:
    """Correlations of the scores of groups, (G, G), over the organisations that hold both, and how many these are. NaN
    under FEW organisations or where a score is the same for all."""
    totals, weights = league.by_group(league.weights)
    scores, held = totals / np.maximum(weights, 1), weights > 0
    both = held.T.astype(np.int64) @ held.astype(np.int64)
    found = np.full(both.shape, np.nan)
    for i in range(len(league.groups)):
        for j in range(i + 1):
            chosen = held[:, i] & held[:, j]
            one, other = scores[chosen, i], scores[chosen, j]
            if chosen.sum() >= FEW and np.ptp(one) > 0 and np.ptp(other) > 0:
                found[i, j] = found[j, i] = np.corrcoef(one, other)[0, 1]
    return found, both


def metric_correlations(leagues: list[League]) -> pa.Table:
    """One row per league and pair of metrics, a group under its name."""
    rows = []
    for league in leagues:
        found, both = correlations(league)
        for i, group in enumerate(league.groups):
            for j in range(i + 1, len(league.groups)):
                if not np.isnan(found[i, j]):
                    rows.append(
                        {
                            "quarter": league.quarter,
                            "league": league.name,
                            "metric_id": group,
                            "other_metric_id": league.groups[j],
                            "organisations": int(both[i, j]),
                            "correlation": decimals(found[i, j]),
                        }
                    )
    return table(rows, AGREEMENT)
