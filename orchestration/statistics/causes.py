"""Why an organisation is placed differently in two rankings of a league: its place with some causes as after and the
rest as before.

Belongs here: the arithmetic. Does not: which cause a changed score has, which the two releases tell
(`releases/diff.py`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.errors import LeagueError
from orchestration.statistics.leagues import League, place_keys, weighted_averages, whole_weights
from orchestration.statistics.numbers import Whole

OF_SCORES = ("input revised", "rule changed", "population moved", "not explained")
OF_PLACES = (*OF_SCORES, "override", "cut points", "others moved")  # of where one is placed


@dataclass(frozen=True)
class Placed:
    """Where each organisation would be, (n,): rank 0 and average -1 where it would have no score. `ahead`: (n, n), who
    (columns) would be ahead of whom (rows)."""

    ranks: Whole
    averages: Whole
    unadjusted: Whole
    segments: Whole
    ahead: NDArray[np.bool_]

    def of(self, i: int) -> tuple[int, ...]:
        """Rank, average and both segments of one."""
        return tuple(int(figures[i]) for figures in (self.ranks, self.averages, self.unadjusted, self.segments))


@dataclass(frozen=True)
class TwoRankings:
    """A league ranked twice: the n organisations of either, in the order of their codes, and their M metrics."""

    codes: tuple[str, ...]
    ranked: NDArray[np.bool_]  # (2, n)
    scores: Whole  # (2, n, M), ten billionths, 0 where not held
    weights: Whole  # (2, M), one unit for both
    floors: Whole  # (2, n), as `League` has them
    cuts: Whole  # (2, 3)
    cause: Whole  # (n, M), of each score that differs the index of its cause in OF_SCORES

    @property
    def in_both(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.ranked[0] & self.ranked[1]
        return found

    def place(self, as_after: Collection[str]) -> Placed:
        """Every organisation in its turn with these causes as after, all others as before.

        - `input revised`, `population moved`, `not explained`: its own scores that differ for this cause;
        - `rule changed`: the scores that differ for this cause, its own and everybody else's, and the weights;
        - `override`: its own flag;
        - `cut points`: those of the league, for everybody;
        - `others moved`: who else is ranked, with which scores (but for `rule changed`) and flags.

        None of them is the ranking before, all of them the one after.
        """
        rule, cut, override, others = (
            int(c in as_after) for c in ("rule changed", "cut points", "override", OF_PLACES[-1])
        )
        own = self._averages([cause in as_after for cause in OF_SCORES], rule)
        theirs = self._averages([others, rule, others, others], rule)
        mine_keys = place_keys(own, self.cuts[cut], self.floors[override])
        their_keys = place_keys(theirs, self.cuts[cut], self.floors[others])
        ahead = (their_keys[None, :] < mine_keys[:, None]) & (theirs >= 0)[None, :]
        np.fill_diagonal(ahead, False)
        scored = own >= 0
        unadjusted = np.searchsorted(self.cuts[cut], own) + 1
        return Placed(
            ranks=np.where(scored, 1 + ahead.sum(axis=1), 0),
            averages=own,
            unadjusted=unadjusted,
            segments=np.maximum(unadjusted, self.floors[override]),
            ahead=ahead,
        )

    def _averages(self, after: Any, rule: int) -> Whole:
        """(n,), with the scores of each cause of OF_SCORES as after or before, and weights before (0) or after (1)."""
        chosen = np.where(np.array(after, bool)[self.cause], self.scores[1], self.scores[0])
        totals = (chosen * self.weights[rule]).sum(axis=1)
        weights = ((chosen > 0) * self.weights[rule]).sum(axis=1)
        return np.where(weights > 0, weighted_averages(totals, np.maximum(weights, 1)), -1)


def side_by_side(before: League, after: League, weights: pd.DataFrame, causes: pd.Series[Any]) -> TwoRankings:
    """Two rankings of a league, the weights of each metric (columns `before` and `after`, empty where a league has not
    the metric) and the cause of each score that differs (by organisation and metric).

    Raises LeagueError where the causes together do not give the ranks after.
    """
    codes, metrics = sorted({*before.codes, *after.codes}), sorted({*before.metrics, *after.metrics})
    ranked, floors = np.zeros((2, len(codes)), bool), np.zeros((2, len(codes)), np.int64)
    scores = np.zeros((2, len(codes), len(metrics)), np.int64)
    for state, league in enumerate((before, after)):
        rows = [codes.index(code) for code in league.codes]
        ranked[state, rows], floors[state, rows] = True, league.floors
        scores[state][np.ix_(rows, [metrics.index(metric) for metric in league.metrics])] = league.scores
    old, new = weights["before"].reindex(metrics), weights["after"].reindex(metrics)
    both = whole_weights(pd.concat([old.fillna(new), new.fillna(old)])).reshape(2, len(metrics))
    cause = np.full((len(codes), len(metrics)), OF_SCORES.index("not explained"))
    found = causes.unstack().reindex(index=codes, columns=metrics)
    for number, name in enumerate(OF_SCORES):
        cause[(found == name).to_numpy(bool)] = number
    cause[~ranked.all(axis=0)] = 0  # who comes or goes does so with all its scores
    two = TwoRankings(tuple(codes), ranked, scores, both, floors, np.array([before.cuts, after.cuts]), cause)
    here = two.in_both.nonzero()[0]
    for league, placed in ((before, two.place(())), (after, two.place(OF_PLACES))):
        if [league.ranks[league.codes.index(codes[i])] for i in here] != placed.ranks[here].tolist():
            raise LeagueError(f"{league.name} {league.quarter}: the causes together do not give the ranks")
    return two
