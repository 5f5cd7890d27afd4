"""What chance in the counts alone does to scores and ranks: every proportion drawn from its own law, everybody scored
again.

Jeffreys' law Beta(pn + 1/2, (1-p)n + 1/2) of a proportion p of n takes the patients of the period for a sample of what
the organisation does. Metrics without counts are held fixed; chance differences between periods are not in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import betaincinv

from orchestration.statistics.leagues import SCORE, League, weighted_averages
from orchestration.statistics.numbers import (
    Real,
    Whole,
    competition_ranks,
    decimals,
    generator,
    limits_around,
    table,
    two_decimals,
)

DRAWS = 2_000  # 50 lie beyond each 95% limit. We chose it on 2026-11-22; no comparison is on record
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "metrics_measured": pa.int32(),
    "average_score_low": pa.decimal128(4, 2),
    "average_score_high": pa.decimal128(4, 2),
    "rank_low": pa.int32(),
    "rank_high": pa.int32(),
    "rank_variance": pa.decimal128(12, 3),
}
VALUE_RANGES = {
    "quarter": pa.string(),
    "metric_id": pa.string(),
    "organisation_code": pa.string(),
    "value_low": pa.decimal128(9, 4),
    "value_high": pa.decimal128(9, 4),
    "rank_low": pa.int32(),
    "rank_high": pa.int32(),
}


def value_ranges(measured: pd.DataFrame) -> pa.Table:
    """One row per proportion of `measured_values`: its limits by Jeffreys' law, in per cent, and those of its rank in
    the league. Whoever's count is not known has neither, and its value holds still in the ranks of others."""
    rows: list[dict[str, Any]] = []
    for (quarter, _, metric), league in measured.groupby(["quarter", "league", "metric_id"]):
        counted = league["denominator"].notna().to_numpy()
        found = (
            np.array([*value_limits(league), *metric_rank_limits(league)])
            if counted.any()
            else np.empty((4, len(league)))
        )
        for code, known, (low, high, best, worst) in zip(league["organisation_code"], counted, found.T, strict=True):
            limits = [decimals(100 * low, 4), decimals(100 * high, 4), int(best), int(worst)] if known else [None] * 4
            rows.append(dict(zip(VALUE_RANGES, [quarter, metric, code, *limits], strict=True)))
    return table(rows, VALUE_RANGES)


def value_limits(measured: pd.DataFrame) -> tuple[Real, Real]:
    """The 95% limits of proportions by Jeffreys' law, NaN without a count. None and all have no limit on their own
    side, and limits never miss the value."""
    share, count = measured["value"].to_numpy(float) / 100, measured["denominator"].to_numpy(float)
    low, high = (betaincinv(share * count + 0.5, (1 - share) * count + 0.5, part) for part in (0.025, 0.975))
    return np.where(share == 0, 0, np.minimum(low, share)), np.where(share == 1, 1, np.maximum(high, share))


def metric_rank_limits(league: pd.DataFrame) -> tuple[Whole, Whole]:
    """Limits of the ranks of a metric in a league, in the order of its rows, were all proportions drawn again by
    Jeffreys' law (Marshall and Spiegelhalter, BMJ 1998;316:1701)."""
    sign = -1 if league["polarity"].iloc[0] == "higher" else 1
    own = competition_ranks(sign * league["value"].to_numpy(float))
    return limits_around(competition_ranks(sign * drawn_values(league, DRAWS)), own)


def drawn_values(population: pd.DataFrame, draws: int) -> Real:
    """Values, (draws, N), in the order of the rows: per cent, drawn around the value that is scored; without counts the
    value itself."""
    found = np.empty((draws, len(population)))
    rows: Iterable[Any] = population.itertuples()
    for i, row in enumerate(rows):
        share, count = float(row.value) / 100, row.denominator
        if pd.isna(count):
            found[:, i] = float(row.value)
        else:
            chance = generator(row.quarter, row.metric_id, row.organisation_code)
            found[:, i] = 100 * chance.beta(share * float(count) + 0.5, (1 - share) * float(count) + 0.5, draws)
    return found


def rescored(values: Real, rule: Any) -> Real:
    """Scores, (draws, N), of values (draws, N) of a whole scoring population, under a row of `measured_values`: the
    rule of `rank_scores`, but for the published order of equal values."""
    sign = -1.0 if rule.polarity == "higher" else 1.0
    beyond = np.zeros(values.shape, bool)
    if rule.threshold == "standard":
        beyond = sign * values <= sign * float(rule.standard)
    elif rule.threshold == "floor":
        beyond = sign * values > sign * float(rule.floor)
    ranks = competition_ranks(np.where(beyond, np.inf, sign * values))
    others = (~beyond).sum(axis=-1, keepdims=True) - 1
    scores = float(rule.best_score) + float(rule.span) * (ranks - 1) / np.maximum(others, 1)
    scores = np.where(others == 0, float(rule.single_score), scores)
    if beyond.any():
        scores = np.where(beyond, float(rule.beyond_threshold_score), scores)
    unit = 10.0 ** int(rule.score_decimals)
    return np.asarray(np.floor(scores * unit + 0.5 + 1e-6) / unit, np.float64)  # half up, whatever the last bit


def measured_averages(league: League, measured: pd.DataFrame, draws: int = DRAWS) -> tuple[Whole, NDArray[np.bool_]]:
    """Averages in hundredths, (draws, n), with the proportions of `measured_values` drawn, and which metrics of whom
    were, (n, M)."""
    where = {code: i for i, code in enumerate(league.codes)}
    scores = np.repeat(league.scores[None], draws, axis=0)
    drawn = np.zeros(league.held.shape, bool)
    for (metric, _), population in measured.groupby(["metric_id", "population"]):
        if metric not in league.metrics or not population["organisation_code"].isin(where).any():
            continue
        column = league.metrics.index(metric)
        found = rescored(drawn_values(population, draws), population.iloc[0])
        for i, (code, count) in enumerate(zip(population["organisation_code"], population["denominator"], strict=True)):
            if code in where and league.held[where[code], column]:
                scores[:, where[code], column] = np.rint(found[:, i] * SCORE)
                drawn[where[code], column] = pd.notna(count)
    return weighted_averages((scores * league.weights).sum(axis=-1), (league.held * league.weights).sum(axis=-1)), drawn


def measurement_error(leagues: list[League], measured: pd.DataFrame) -> pa.Table:
    """One row per organisation of a league with at least one metric whose population can be scored again."""
    rows: list[dict[str, Any]] = []
    for league in leagues:
        of_quarter = measured[measured["rescored"] & (measured["quarter"] == league.quarter)]
        if not set(of_quarter["metric_id"]) & set(league.metrics):
            continue
        averages, drawn = measured_averages(league, of_quarter)
        ranks = league.place(averages)
        (best, worst), (low, high) = limits_around(ranks, league.ranks), limits_around(averages, league.averages)
        for i, code in enumerate(league.codes):
            rows.append(
                {
                    "quarter": league.quarter,
                    "league": league.name,
                    "organisation_code": code,
                    "metrics_measured": int(drawn[i].sum()),
                    "average_score_low": two_decimals(low[i]),
                    "average_score_high": two_decimals(high[i]),
                    "rank_low": int(best[i]),
                    "rank_high": int(worst[i]),
                    "rank_variance": decimals(float(ranks[:, i].var())),
                }
            )
    return table(rows, COLUMNS)
