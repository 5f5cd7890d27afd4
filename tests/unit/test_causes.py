"""Places with some causes as after and the rest as before, as laws: an oracle in exact fractions, one organisation at a
time. Which cause a score has is not here (unit)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import LeagueError
from orchestration.statistics.causes import OF_PLACES, OF_SCORES, side_by_side
from orchestration.statistics.leagues import SCORE, League
from tests.oracle import half_up
from tests.unit.test_rank_statistics import examples, ranked_again, two_quarters
from tests.unit.test_statistics import a_league


@st.composite
def two_versions(draw: st.DrawFn) -> tuple[League, League, dict[tuple[str, str], str]]:
    """A league twice, other weights the second time, and a cause for every score."""
    before, after = draw(two_quarters())
    wide = len(before.metrics)
    weights = np.array(draw(st.lists(st.sampled_from([1, 3]), min_size=wide, max_size=wide)))
    after = ranked_again(after, weights=weights)
    codes, cause = sorted({*before.codes, *after.codes}), st.sampled_from(OF_SCORES)
    return before, after, {(code, metric): draw(cause) for code in codes for metric in before.metrics}


def compared(before: League, after: League, causes: dict[tuple[str, str], str]) -> Any:
    weights = pd.DataFrame({"before": before.weights, "after": after.weights}, index=before.metrics, dtype=float)
    index = pd.MultiIndex.from_tuples(list(causes), names=["organisation_code", "metric_id"])
    return side_by_side(before, after, weights, pd.Series(list(causes.values()), index=index, dtype="str"))


def place_of(code: str, states: tuple[League, League], causes: dict[tuple[str, str], str], some: set[str]) -> Any:
    """Rank, average in hundredths and segment of one, or None where it would hold no score."""
    rule = states["rule changed" in some]
    cuts = states["cut points" in some].cuts.tolist()

    def average(who: str, as_after: set[str], either: bool) -> int | None:
        total = weight = Fraction(0)
        for m, metric in enumerate(rule.metrics):
            state = states[causes[who, metric] in as_after] if either else states["others moved" in some]
            i = state.codes.index(who)
            if state.held[i, m]:
                total += Fraction(int(state.scores[i, m]), SCORE) * int(rule.weights[m])
                weight += int(rule.weights[m])
        return int(half_up(half_up(total / weight, 8), 2) * 100) if weight else None

    def key(who: str, score: int, state: League) -> tuple[int, int]:
        return max(1 + sum(score > cut for cut in cuts), int(state.floors[state.codes.index(who)])), score

    own = average(code, some, True)
    if own is None:
        return None
    mine = key(code, own, states["override" in some])
    others = states["others moved" in some]
    theirs = some & {"rule changed"} | (set(OF_SCORES) - {"rule changed"} if "others moved" in some else set())
    ahead = 0
    for who in set(others.codes) - {code}:
        score = average(who, theirs, all(who in state.codes for state in states))
        ahead += score is not None and key(who, score, others) < mine
    return 1 + ahead, own, mine[0]


@examples
@given(versions=two_versions(), some=st.sets(st.sampled_from(OF_PLACES)))
def test_place_with_some_causes_is_that_of_plain_fractions(versions: Any, some: set[str]) -> None:
    """None of them is the ranking before, all of them the one after."""
    before, after, causes = versions
    two = compared(before, after, causes)
    for i, code in enumerate(two.codes):
        if two.in_both[i]:
            placed = two.place(some)
            expected = place_of(code, (before, after), causes, some)
            found = (placed.ranks[i], placed.averages[i], placed.segments[i])
            assert found == (expected or (0, -1, found[2])), (code, some)
            assert placed.ranks[i] == (1 + placed.ahead[i].sum() if expected else 0)
            for league, all_or_none in ((before, two.place(set())), (after, two.place(set(OF_PLACES)))):
                j = league.codes.index(code)
                assert (all_or_none.ranks[i], all_or_none.averages[i]) == (league.ranks[j], league.averages[j])


def test_ranks_that_the_scores_do_not_give_are_refused() -> None:
    before = a_league([[1.5], [1.6]])
    after = ranked_again(before, floors=np.array([3, 0]))
    causes = {("T00", "M00"): "input revised"}
    assert compared(before, after, causes).in_both.all()
    with pytest.raises(LeagueError, match="the causes together do not give the ranks"):
        compared(before, replace(after, ranks=before.ranks), causes)
