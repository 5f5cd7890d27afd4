"""Likely ranges of averages and ranks as NHS England publishes them: an organisation's own metric scores, resampled.

The range says how far a rank hangs on which metrics were chosen. It is not the sampling error of the data behind them
(`measurement`), and it takes the metrics for a sample of those that might have been chosen. All that is said of a
league here is said of the same draws."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from orchestration.statistics.leagues import SCORE, League, place_keys, weighted_averages, whole_weights
from orchestration.statistics.numbers import (
    Real,
    Whole,
    competition_ranks,
    decimals,
    generator,
    in_units,
    limits_around,
    table,
    two_decimals,
)
from orchestration.statistics.robustness import finance_metrics, without

DRAWS = 10_000  # 250 lie beyond each 95% limit. We chose it on 2026-11-22; that of NHS England is not known
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
    "rank_without_override_low": pa.int32(),
    "rank_without_override_high": pa.int32(),
    "rank_without_finance_low": pa.int32(),
    "rank_without_finance_high": pa.int32(),
    "later_codes": pa.list_(pa.string()),
    "ahead_shares": pa.list_(pa.decimal128(4, 3)),
    "level_shares": pa.list_(pa.decimal128(4, 3)),
}
BEFORE = ("quarter", "league", "organisation_code", "bottom_quarter_share")  # all that counts of a quarter that is over
OF_A_SELECTION = {
    "quarter": pa.string(),
    "league": pa.string(),
    "scope": pa.string(),
    "organisation_code": pa.string(),
    "average_score_low": pa.decimal128(4, 2),
    "average_score_high": pa.decimal128(4, 2),
    "rank_low": pa.int32(),
    "rank_high": pa.int32(),
    "drawn_among": pa.int32(),
}


def resampled_averages(league: League, draws: int = DRAWS) -> tuple[Whole, Whole]:
    """Averages in hundredths, (draws, n), of all metrics and of those that are not finance: every organisation's held
    scores drawn with replacement, each with its weight, those of a group as one. Independent between organisations.

    The same random numbers choose among all metrics and among the fewer. Who holds nothing but finance keeps its
    average.
    """
    averages = np.empty((len(league.codes), draws), np.int64)
    other_averages = np.empty_like(averages)
    totals, weights = league.by_group(league.weights)
    other_totals, other_weights = league.by_group(np.where(finance_metrics(league), 0, league.weights))
    for i, code in enumerate(league.codes):
        own, left = np.flatnonzero(weights[i]), np.flatnonzero(other_weights[i])
        chance = _chance(league.quarter, code, draws, own.size)
        averages[i] = _drawn(totals[i, own], weights[i, own], chance)
        if left.size:
            other_averages[i] = _drawn(other_totals[i, left], other_weights[i, left], chance[: left.size])
        else:
            other_averages[i] = league.averages[i]
    return averages.T.copy(), other_averages.T.copy()


def _chance(quarter: str, code: str, draws: int, metrics: int) -> Real:
    """Random numbers, (M, draws): sums over the first axis take half of the time of sums over the last."""
    return np.ascontiguousarray(generator(quarter, code).random((draws, metrics)).T)


def _drawn(totals: Whole, weights: Whole, chance: Real) -> Whole:
    """Averages in hundredths, (draws,), of the weighted scores that random numbers, (M, draws), choose among M."""
    chosen = (chance * totals.size).astype(np.int64)
    return weighted_averages(totals[chosen].sum(axis=0), weights[chosen].sum(axis=0))


def pair_shares(keys: Whole) -> tuple[Real, Real]:
    """How often, of the draws (draws, n), one is before another and level with it, (n, n) each; lower is better."""
    columns = np.ascontiguousarray(keys.T.astype(np.int16))  # a key is a segment and three digits
    ahead = np.array([np.count_nonzero(own < columns, axis=1) for own in columns]) / len(keys)
    return ahead, 1 - ahead - ahead.T


def likely_ranges(leagues: list[League]) -> pa.Table:
    """One row per league and organisation. A range is widened to its own point where the draws miss it. The lists have
    an item for each organisation whose code comes later."""
    return table([row for league in leagues for row in _rows(league)], COLUMNS)


def bottom_quarters(leagues: list[League]) -> pa.Table:
    """One row per league and organisation, in BEFORE, as `likely_ranges` has it."""
    rows = []
    for league in leagues:
        shares = bottom_quarter_shares(league, league.place(resampled_averages(league)[0]))
        rows += [
            dict(zip(BEFORE, (league.quarter, league.name, code, share), strict=True))
            for code, share in zip(league.codes, shares, strict=True)
        ]
    return table(rows, {name: COLUMNS[name] for name in BEFORE})


def bottom_quarter_shares(league: League, ranks: Whole) -> list[Decimal]:
    """How often, of the ranks drawn, (draws, n), each is in the worst quarter of the league."""
    return [decimals(float(share)) for share in (ranks > len(league.codes) - league.quarter_of_it).mean(axis=0)]


def _rows(league: League) -> list[dict[str, Any]]:
    averages, other_averages = resampled_averages(league)
    ranks = league.place(averages)
    quarter_of_league = league.quarter_of_it
    segments = np.maximum(league.segments(averages), league.floors)
    own_segments = np.maximum(league.segments(league.averages), league.floors)
    low, high = limits_around(averages, league.averages)
    best, worst = limits_around(ranks, league.ranks)
    by_score = limits_around(competition_ranks(averages), competition_ranks(league.averages))
    finance = finance_metrics(league)
    without_finance = None
    if finance.any():
        own = competition_ranks(without(league, finance))
        without_finance = limits_around(competition_ranks(other_averages), own)
    ahead, level = pair_shares(place_keys(averages, league.cuts, league.floors))
    bottom = bottom_quarter_shares(league, ranks)
    rows = []
    for i, code in enumerate(league.codes):
        rows.append(
            {
                "quarter": league.quarter,
                "league": league.name,
                "organisation_code": code,
                "average_score_low": two_decimals(low[i]),
                "average_score_high": two_decimals(high[i]),
                "rank_low": int(best[i]),
                "rank_high": int(worst[i]),
                "rank_variance": decimals(float(ranks[:, i].var())),
                "same_segment_share": decimals(float((segments[:, i] == own_segments[i]).mean())),
                "top_quarter_share": decimals(float((ranks[:, i] <= quarter_of_league).mean())),
                "bottom_quarter_share": bottom[i],
                "rank_without_override_low": int(by_score[0][i]),
                "rank_without_override_high": int(by_score[1][i]),
                "rank_without_finance_low": int(without_finance[0][i]) if without_finance else None,
                "rank_without_finance_high": int(without_finance[1][i]) if without_finance else None,
                "later_codes": league.codes[i + 1 :],
                "ahead_shares": [decimals(share) for share in ahead[i, i + 1 :]],
                "level_shares": [decimals(share) for share in level[i, i + 1 :]],
            }
        )
    return rows


def ranges_of_selections(scores: pd.DataFrame) -> pa.Table:
    """One row per quarter, league, scope and organisation of `scores`, which has a row per metric: the likely ranges of
    a table of those metrics, ranked by average alone, and among how many metrics the draws chose, a group as one."""
    rows: list[dict[str, Any]] = []
    for names, scored in scores.groupby(["quarter", "league", "scope"]):
        quarter, league, scope = map(str, names)
        ordered = scored.sort_values(["organisation_code", "metric_id"])
        weights = whole_weights(ordered["weight"])
        sums = pd.DataFrame({"total": in_units(ordered["score_exact"], SCORE) * weights, "weight": weights})
        group_of = ordered["metric_group"].fillna(ordered["metric_id"]).to_numpy()
        sums = sums.groupby([ordered["organisation_code"].to_numpy(), group_of], sort=False).sum()
        of_whom = sums.index.get_level_values(0)
        codes = list(dict.fromkeys(of_whom))
        averages, own = np.empty((len(codes), DRAWS), np.int64), np.empty(len(codes), np.int64)
        drawn_among = np.empty(len(codes), np.int64)
        for i, code in enumerate(codes):
            totals, weights = sums[of_whom == code].to_numpy().T
            drawn_among[i] = totals.size
            own[i] = weighted_averages(totals.sum(), weights.sum())
            averages[i] = own[i]  # one metric is drawn every time
            if totals.size > 1:
                averages[i] = _drawn(totals, weights, _chance(quarter, code, DRAWS, totals.size))
        drawn = averages.T.copy()
        low, high = limits_around(drawn, own)
        best, worst = limits_around(competition_ranks(drawn), competition_ranks(own))
        rows.extend(
            {
                "quarter": quarter,
                "league": league,
                "scope": scope,
                "organisation_code": code,
                "average_score_low": two_decimals(low[i]),
                "average_score_high": two_decimals(high[i]),
                "rank_low": int(best[i]),
                "rank_high": int(worst[i]),
                "drawn_among": int(drawn_among[i]),
            }
            for i, code in enumerate(codes)
        )
    return table(rows, OF_A_SELECTION)
