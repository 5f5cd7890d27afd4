"""Likely ranges of averages and ranks as NHS England publishes them: an organisation's own metric scores, resampled.

The range says how far a rank hangs on which metrics were chosen. It is not the sampling error of the data behind them
(`measurement`), and it takes the metrics for a sample of those that might have been chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from orchestration.statistics.leagues import League, Whole, decimals, generator, hundredths, limits, score, table

DRAWS = 10_000
COLUMNS = {
    "quarter": pa.string(),
    "league": pa.string(),
    "organisation_code": pa.string(),
    "average_score_low": pa.decimal128(4, 2),
    "average_score_high": pa.decimal128(4, 2),
    "rank_low": pa.int32(),
    "rank_high": pa.int32(),
    "rank_variance": pa.decimal128(12, 3),
    "same_segment_share": pa.decimal128(4, 3),
    "top_quarter_share": pa.decimal128(4, 3),
    "bottom_quarter_share": pa.decimal128(4, 3),
}


def resampled_averages(league: League, draws: int = DRAWS) -> Whole:
    """Averages in hundredths, (draws, n): every organisation's held scores drawn with replacement, each with its
    weight. Independent between organisations."""
    averages = np.empty((draws, len(league.codes)), np.int64)
    for i, code in enumerate(league.codes):
        own = np.flatnonzero(league.held[i])
        drawn = own[(generator(league.quarter, code).random((draws, own.size)) * own.size).astype(np.int64)]
        weights = league.weights[drawn]
        averages[:, i] = hundredths((league.scores[i, drawn] * weights).sum(axis=1), weights.sum(axis=1))
    return averages


def likely_ranges(leagues: list[League]) -> pa.Table:
    """One row per league and organisation. A range is widened to its own point where the draws miss it."""
    return table([row for league in leagues for row in _rows(league)], COLUMNS)


def _rows(league: League) -> list[dict[str, Any]]:
    averages = resampled_averages(league)
    ranks = league.place(averages)
    quarter_of_league = league.quarter_of_it
    segments = np.maximum(league.segments(averages), league.floors)
    own_segments = np.maximum(league.segments(league.averages), league.floors)
    (low, high), (best, worst) = limits(averages), limits(ranks)
    rows = []
    for i, code in enumerate(league.codes):
        rows.append(
            {
                "quarter": league.quarter,
                "league": league.name,
                "organisation_code": code,
                "average_score_low": score(min(low[i], league.averages[i])),
                "average_score_high": score(max(high[i], league.averages[i])),
                "rank_low": int(min(best[i], league.ranks[i])),
                "rank_high": int(max(worst[i], league.ranks[i])),
                "rank_variance": decimals(float(ranks[:, i].var())),
                "same_segment_share": decimals(float((segments[:, i] == own_segments[i]).mean())),
                "top_quarter_share": decimals(float((ranks[:, i] <= quarter_of_league).mean())),
                "bottom_quarter_share": decimals(float((ranks[:, i] > len(league.codes) - quarter_of_league).mean())),
            }
        )
    return rows
