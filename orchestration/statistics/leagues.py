"""A league as arrays: the arithmetic of average, segment, override and rank, fast enough to repeat ten thousand times.

Belongs here: reading a league, and what its own rules do with its scores. Does not: what no league knows (`numbers`).

Scores are whole numbers of ten billionths and averages of hundredths, so that no result depends on the order of a sum,
the number of threads or the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.errors import LeagueError
from orchestration.statistics.numbers import Real, Whole, competition_ranks, in_units

SCORE = 10**10  # a score of 1.00 in the units of `League.scores`


@dataclass(frozen=True)
class League:
    """One quarter of a league: n ranked organisations by M metrics, both in the order of their codes."""

    quarter: str
    name: str
    codes: tuple[str, ...]
    metrics: tuple[str, ...]
    domains: tuple[str, ...]
    group_of: tuple[str, ...]  # (M,), the group that each metric is one of, or its own id
    scores: Whole  # (n, M), ten billionths, 0 where not held
    held: NDArray[np.bool_]  # (n, M)
    values: Real  # (n, M), low is good, NaN where not published or looked up
    weights: Whole  # (M,), relative
    floors: Whole  # (n,), the best segment the override leaves, 0 without one
    cuts: Whole  # (3,), the largest average in hundredths of segments 1 to 3
    averages: Whole  # (n,), as the league table has them
    ranks: Whole  # (n,), as the league table has them

    @property
    def quarter_of_it(self) -> int:
        """How many organisations are its best, or worst, quarter."""
        return max(len(self.codes) // 4, 1)

    @property
    def groups(self) -> tuple[str, ...]:
        """What counts as one metric wherever metrics are drawn, left out or compared, (G,): the questions of one survey
        share what moves them, so as eight metrics they would look surer than they are."""
        return tuple(dict.fromkeys(self.group_of))

    @property
    def of_group(self) -> Whole:
        """Which metrics are of which group, (M, G), 0 or 1."""
        found: Whole = (np.array(self.group_of)[:, None] == np.array(self.groups)).astype(np.int64)
        return found

    def by_group(self, weights: Whole) -> tuple[Whole, Whole]:
        """Sums of weighted scores and of weights, (n, G) each, under weights of the metrics, (M,)."""
        return (self.scores * weights) @ self.of_group, (self.held * weights) @ self.of_group

    def segments(self, averages: Whole) -> Whole:
        """Segments 1 to 4 before the override, of averages in hundredths."""
        found: Whole = np.searchsorted(self.cuts, averages) + 1
        return found

    def place(self, averages: Whole) -> Whole:
        """Ranks by segment after the override, then average; the last axis is the organisations."""
        return competition_ranks(place_keys(averages, self.cuts, self.floors))

    def weighed(self, weights: Whole) -> Whole:
        """Averages in hundredths, (n,), under other weights of the metrics, (M,)."""
        return weighted_averages((self.scores * weights).sum(axis=-1), (self.held * weights).sum(axis=-1))


def place_keys(averages: Whole, cuts: Whole, floors: Whole) -> Whole:
    """What a league is put in order by: segment after the override, then average, as one number."""
    segments: Whole = np.maximum(np.searchsorted(cuts, averages) + 1, floors)
    return segments * 1000 + averages


def weighted_averages(totals: Whole, weights: Whole) -> Whole:
    """Averages in hundredths, half up: sums of scores by sums of weights; eight decimals first, as the SQL rounds."""
    return ((totals // weights + 50) // 100 + 500_000) // 1_000_000


def read(leagues_in_statistics: pd.DataFrame, league_ranks: pd.DataFrame, scores: pd.DataFrame) -> list[League]:
    """The leagues of `leagues_in_statistics`, `league_ranks` and `scores_behind_ranks`, by quarter and name.

    Raises LeagueError where the three are not about the same organisations, and where the arithmetic here does not give
    the averages and ranks of `league_ranks`.
    """
    leagues = []
    for row in leagues_in_statistics.sort_values(["quarter", "league"]).itertuples():
        placed = league_ranks[(league_ranks["quarter"] == row.quarter) & (league_ranks["league"] == row.league)]
        scored = scores[(scores["quarter"] == row.quarter) & (scores["league"] == row.league)]
        leagues.append(_league(row, placed[placed["rank"].notna()].sort_values("organisation_code"), scored))
    return leagues


def asked_for(leagues_in_statistics: pd.DataFrame, league_ranks: pd.DataFrame, scores: pd.DataFrame) -> list[League]:
    """As `read`, without the quarter before."""
    return read(leagues_in_statistics[leagues_in_statistics["role"] == "asked for"], league_ranks, scores)


def _league(row: Any, placed: pd.DataFrame, scored: pd.DataFrame) -> League:
    codes = placed["organisation_code"].to_list()
    if set(codes) != set(scored["organisation_code"]):
        raise LeagueError(
            f"{row.league} {row.quarter}: not the same organisations in `league_ranks` and `scores_behind_ranks`"
        )
    metrics = scored.drop_duplicates("metric_id").set_index("metric_id").sort_index()
    rows = scored["organisation_code"].map({code: i for i, code in enumerate(codes)}).to_numpy()
    columns = scored["metric_id"].map({metric: i for i, metric in enumerate(metrics.index)}).to_numpy()
    scores = np.zeros((len(codes), len(metrics)), np.int64)
    values = np.full(scores.shape, np.nan)
    scores[rows, columns] = in_units(scored["score_exact"], SCORE)
    low_is_good = scored["polarity"].map({"lower": 1.0, "higher": -1.0}).astype(float)
    values[rows, columns] = scored["value"].astype(float) * low_is_good
    flagged = placed["financial_override"].fillna(0).astype(float) == 1
    league = League(
        quarter=row.quarter,
        name=row.league,
        codes=tuple(codes),
        metrics=tuple(metrics.index),
        domains=tuple(metrics["domain"]),
        group_of=tuple(metrics["metric_group"].fillna(pd.Series(metrics.index, metrics.index))),
        scores=scores,
        held=scores > 0,
        values=values,
        weights=whole_weights(metrics["weight"]),
        floors=placed["override_segment"].fillna(0).where(flagged, 0).to_numpy(np.int64),
        cuts=np.floor(np.array([row.cut_1, row.cut_2, row.cut_3], float) * 100 + 1e-6).astype(np.int64),
        averages=in_units(placed["average_score"], 100),
        ranks=placed["rank"].to_numpy(np.int64),
    )
    averages = league.weighed(league.weights)
    if (averages != league.averages).any() or (league.place(averages) != league.ranks).any():
        raise LeagueError(f"{row.league} {row.quarter}: the statistics do not reproduce the ranks of `league_ranks`")
    return league


def whole_weights(weights: Sequence[float] | pd.Series[Any]) -> Whole:
    """Weights as whole numbers in the same proportions: 1, 1 and 0.333333333333 are 3, 3 and 1."""
    fractions = [Fraction(float(weight)).limit_denominator(100) for weight in weights]
    unit = lcm(*(fraction.denominator for fraction in fractions)) if fractions else 1
    return np.array([int(fraction * unit) for fraction in fractions], np.int64)
