"""What a rank hides, on figures known apart from the code: published anchors, hand arithmetic, plain loops.

Belongs here: single leagues and functions, edges of a league. Does not: what holds for any league (properties)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations
from math import erf, exp, log, sqrt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import beta, false_discovery_control, ttest_1samp

from orchestration.errors import LeagueError
from orchestration.statistics import (
    improvement,
    leagues,
    measurement,
    method_choices,
    numbers,
    ranges,
    rank_sets,
    robustness,
    uncertainty,
)
from orchestration.statistics.leagues import SCORE, League
from orchestration.statistics.numbers import decimals, false_discovery
from tests.oracle import half_up

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LEAGUE_SHARED", ROOT.parent / "shared"))
QUARTER = "2025-26-Q2"
BEFORE = "2025-26-Q1"
TABLES_OF_LEAGUES = {
    ranges.likely_ranges: ranges.COLUMNS,
    rank_sets.rank_sets: rank_sets.COLUMNS,
    method_choices.method_choices: method_choices.COLUMNS,
    robustness.ranks_left_out: robustness.LEFT_OUT,
    robustness.metric_correlations: robustness.AGREEMENT,
}
RULES = {
    None: {"best_score": 1, "span": 3, "single_score": 1, "beyond_threshold_score": None},
    "standard": {"best_score": 2, "span": 2, "single_score": 2, "beyond_threshold_score": 1},
    "floor": {"best_score": 1, "span": 2, "single_score": 1, "beyond_threshold_score": 4},
}

Scores = Sequence[Sequence[Any]]


def a_league(
    scores: Scores,
    *,
    weights: Sequence[int] | None = None,
    floors: Sequence[int] | None = None,
    cuts: Sequence[int] = (200, 230, 260),
    values: Scores | None = None,
    domains: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    codes: Sequence[str] | None = None,
    quarter: str = QUARTER,
    name: str = "acute",
) -> League:
    """A league of scores by organisation and metric, None where not held; ranked by its own arithmetic."""
    held = np.array([[score is not None for score in row] for row in scores])
    whole = np.array([[0 if score is None else round(Fraction(score) * SCORE) for score in row] for row in scores])
    count, metrics = held.shape
    weighing = np.array(weights or [1] * metrics)
    league = League(
        quarter=quarter,
        name=name,
        codes=tuple(codes or [f"T{i:02}" for i in range(count)]),
        metrics=tuple(f"M{m:02}" for m in range(metrics)),
        domains=tuple(domains or ["access"] * metrics),
        group_of=tuple(groups or [f"M{m:02}" for m in range(metrics)]),
        scores=whole,
        held=held,
        values=np.array(scores if values is None else values, float),
        weights=weighing,
        floors=np.array(floors or [0] * count),
        cuts=np.array(cuts),
        averages=leagues.weighted_averages((whole * weighing).sum(axis=1), (held * weighing).sum(axis=1)),
        ranks=np.zeros(count, np.int64),
    )
    return replace(league, ranks=league.place(league.averages))


def frames(*of: League) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """`leagues_in_statistics`, `league_ranks` and `scores_behind_ranks`, in the types that DuckDB hands over."""
    leagues_in_statistics = [
        {
            "quarter": league.quarter,
            "league": league.name,
            "role": "asked for",
            **{f"cut_{i}": cut / 100 for i, cut in enumerate(league.cuts, 1)},
        }
        for league in of
    ]
    league_ranks = [
        {
            "quarter": league.quarter,
            "league": league.name,
            "organisation_code": code,
            "rank": league.ranks[i],
            "average_score": league.averages[i] / 100,
            "financial_override": int(league.floors[i] > 0),
            "override_segment": league.floors[i] or None,
        }
        for league in of
        for i, code in enumerate(league.codes)
    ]
    scores = [
        {
            "quarter": league.quarter,
            "league": league.name,
            "organisation_code": code,
            "metric_id": metric,
            "domain": league.domains[m],
            "value": league.values[i, m],
            "polarity": "lower",
            "score_exact": league.scores[i, m] / SCORE,
            "weight": round(league.weights[m] / league.weights.max(), 12),
            "metric_group": None if league.group_of[m] == metric else league.group_of[m],
        }
        for league in of
        for i, code in enumerate(league.codes)
        for m, metric in enumerate(league.metrics)
        if league.held[i, m]
    ]
    whole = dict.fromkeys(("rank", "financial_override", "override_segment"), "Int32")
    return pd.DataFrame(leagues_in_statistics), pd.DataFrame(league_ranks).astype(whole), pd.DataFrame(scores)


def a_population(values: Sequence[float], *, threshold: str | None = None, **rule: Any) -> pd.DataFrame:
    """A scoring population of `measured_values` without counts."""
    of_all = {
        "quarter": QUARTER,
        "league": "acute",
        "metric_id": "M00",
        "population": "P",
        "polarity": "lower",
        "threshold": threshold,
        "standard": None,
        "floor": None,
        "score_decimals": 10,
        "numerator": np.nan,
        "denominator": np.nan,
        "rescored": True,
        **RULES[threshold],
        **rule,
    }
    return pd.DataFrame([{**of_all, "organisation_code": f"T{i:02}", "value": v} for i, v in enumerate(values)])


def compared(*metrics: str, comparable: bool = True, league: str = "acute") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"quarter": QUARTER, "previous_quarter": BEFORE, "league": league, "metric_id": m, "comparable": comparable}
            for m in metrics
        ]
    )


def made_up(seed: int, count: int, metrics: int, **about: Any) -> League:
    """Random scores in quarters, some metrics not held, some organisations under the override."""
    chance = np.random.default_rng(seed)
    held = chance.random((count, metrics)) < 0.8
    held[np.arange(count), chance.integers(0, metrics, count)] = True
    drawn = 1 + Fraction(1, 4) * chance.integers(0, 13, (count, metrics))
    scores = [[score if held[i, m] else None for m, score in enumerate(row)] for i, row in enumerate(drawn)]
    given = {"weights": chance.choice([1, 3], metrics).tolist(), "floors": chance.choice([0, 3], count).tolist()}
    return a_league(scores, **{**given, **about})


def ranks_by_counting(keys: Sequence[Any]) -> list[int]:
    return [1 + sum(other < key for other in keys) for key in keys]


def segment_after_override(league: League, i: int, average: int) -> int:
    return max(1 + sum(average > cut for cut in league.cuts), league.floors[i])


@pytest.fixture(scope="module")
def anchors() -> dict[str, Any]:
    """Published figures and those computed from published data."""
    file = SHARED / "test-anchors" / "statistics.json"
    if not file.is_file():
        pytest.skip(f"no anchors at {file}: put them there or set LEAGUE_SHARED")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def achievement(anchors: dict[str, Any]) -> dict[str, Any]:
    """The technology achievement index: its data, and a league of it whose averages keep five decimals of the index."""
    index = dict(anchors["OECD_technology_achievement_index"])
    low, high = np.array(index["goalposts_min"]), np.array(index["goalposts_max"])
    indicators = np.minimum((np.array(index["values"]) - low) / (high - low), 1)
    index["league"] = replace(
        a_league((1000 * (1 - indicators)).tolist(), values=-np.array(index["values"]), cuts=(10**6,) * 3),
        codes=tuple(index["countries"]),
        metrics=tuple(index["indicators"]),
        group_of=tuple(index["indicators"]),
    )
    by_country = {
        kind: dict(zip(index["published_rank_order"], ranks, strict=True))
        for kind, ranks in index["published_ranks"].items()
    }
    index["ranks"] = {kind: [ranks[c] for c in index["countries"]] for kind, ranks in by_country.items()}
    return index


def test_equal_weights_give_the_published_index_and_ranks(achievement: dict[str, Any]) -> None:
    league = achievement["league"]
    published = [achievement["EW_scores"][country] for country in achievement["countries"]]
    assert np.allclose(1 - league.averages / 10**5, published, rtol=0, atol=0.00051)
    assert league.ranks.tolist() == achievement["ranks"]["EW"]
    assert numbers.competition_ranks(league.averages).tolist() == achievement["ranks"]["EW"]


@pytest.mark.parametrize(("weights", "reproduced"), [("BAP", 23), ("FA", 19), ("AHP", 20)])
def test_other_weights_give_the_published_ranks_as_far_as_two_decimals_go(
    achievement: dict[str, Any], weights: str, reproduced: int
) -> None:
    league = achievement["league"]
    ranks = league.place(league.weighed(np.rint(np.array(achievement["weights_2dp"][weights]) * 100).astype(np.int64)))
    assert (ranks == achievement["ranks"][weights]).sum() == reproduced


def test_a_metric_left_out_shifts_ranks_as_far_as_computed_elsewhere(achievement: dict[str, Any]) -> None:
    league, expected = achievement["league"], achievement["leave_one_out_EW_R_S"]
    left_out = robustness.ranks_left_out([league]).to_pandas().pivot(index="left_out", columns="organisation_code")
    left_out = left_out.drop(robustness.OVERRIDE)
    shifts = (left_out["rank"][list(league.codes)] - league.ranks).abs()
    assert shifts.max(axis=1).to_dict() == {metric: shift["max_shift"] for metric, shift in expected.items()}
    assert shifts.mean(axis=1).round(4).to_dict() == {metric: shift["R_S"] for metric, shift in expected.items()}


def test_distance_from_best_to_worst_shifts_ranks_as_far_as_computed_elsewhere(achievement: dict[str, Any]) -> None:
    by_distance = method_choices.normalised(achievement["league"])[2].mean(axis=1)
    shift = np.abs(numbers.competition_ranks(by_distance.round(9)) - achievement["ranks"]["EW"]).mean()
    assert round(shift, 4) == achievement["minmax23_EW_R_S_vs_published"]


def test_rank_sets_of_the_toy_example(anchors: dict[str, Any]) -> None:
    toy = anchors["rank_confidence_sets_toy"]
    noise = numbers.generator("toy").standard_normal((4000, 4))
    best, worst = rank_sets.rank_limits(rank_sets.told_apart(np.array(toy["x"]), np.sqrt(toy["var"]), noise))
    assert (best.tolist(), worst.tolist()) == (toy["L"], toy["U"])


def test_worked_example_of_the_manual(anchors: dict[str, Any]) -> None:
    example = anchors["manual_2025_26_worked_example"]
    total = round(Fraction(str(example["scores_sum"])) * SCORE)
    assert leagues.weighted_averages(np.array([total]), np.array([example["metrics"]]))[0] == round(
        100 * example["average"]
    )


# Averages, places, ranges.


@pytest.mark.parametrize(
    ("total", "weight", "average"),
    [
        ("1.125", 1, 113),
        ("1.1249999949", 1, 112),
        ("1.124999995", 1, 113),
        ("3.375", 3, 113),
        ("10", 3, 333),
        ("20", 3, 667),
        ("4", 1, 400),
    ],
)
def test_averages_are_rounded_half_up_after_eight_decimals(total: str, weight: int, average: int) -> None:
    assert leagues.weighted_averages(np.array([int(Fraction(total) * SCORE)]), np.array([weight])).tolist() == [average]


def test_equal_keys_share_the_best_rank() -> None:
    assert numbers.competition_ranks(np.array([5, 5, 7])).tolist() == [1, 1, 3]
    assert numbers.competition_ranks(np.array([[9, 1, 9], [0, 0, 0], [3, 2, 1]])).tolist() == [
        [2, 1, 2],
        [1, 1, 1],
        [3, 2, 1],
    ]


def test_weights_keep_their_proportions_as_whole_numbers() -> None:
    assert leagues.whole_weights([1, 1, 0.333333333333]).tolist() == [3, 3, 1]
    assert leagues.whole_weights([1, 1]).tolist() == [1, 1]
    assert leagues.whole_weights([0.5, 0.333333333333, 1]).tolist() == [3, 2, 6]


def test_a_percentile_interval_ends_at_values_drawn() -> None:
    draws = np.random.default_rng(1).permutation(np.arange(1, 102))
    assert numbers.limits(draws) == (3, 99)
    assert numbers.limits(draws, 0.9) == (6, 96)


def test_every_name_has_random_numbers_of_its_own() -> None:
    names = [("Q1", "T1"), ("Q1", "T2"), ("Q2", "T1"), ("Q1", "T1", "M1"), ("Q1", "1T")]
    first = {tuple(numbers.generator(*name).random(3)) for name in names}
    assert len(first) == len(names)
    assert first == {tuple(numbers.generator(*name).random(3)) for name in names}


def test_an_average_at_the_cut_belongs_to_the_better_segment_and_the_override_to_a_worse() -> None:
    averages = [200, 201, 230, 231, 260, 261, 150]
    league = a_league([[Fraction(a, 100)] for a in averages], floors=[0, 0, 0, 0, 0, 0, 3])
    assert league.segments(league.averages).tolist() == [1, 2, 2, 3, 3, 4, 1]
    assert league.ranks.tolist() == [1, 2, 3, 5, 6, 7, 4]


@pytest.mark.parametrize("seed", range(5))
def test_places_equal_a_plain_count(seed: int) -> None:
    league = made_up(seed, 12, 2)
    draws = np.random.default_rng(seed).integers(100, 401, (40, 12))
    draws[:, 6:] = draws[:, :6]
    for averages, ranks in zip(draws.tolist(), league.place(draws).tolist(), strict=True):
        keys = [(segment_after_override(league, i, average), average) for i, average in enumerate(averages)]
        assert ranks == ranks_by_counting(keys)


def test_likely_ranges_equal_a_plain_loop() -> None:
    league = made_up(2, 5, 5)
    draws: list[list[int]] = []
    for i, code in enumerate(league.codes):
        own = [m for m in range(5) if league.held[i, m]]
        scores = {m: Fraction(int(league.scores[i, m]), SCORE) for m in own}
        averages = []
        found: dict[tuple[int, ...], int] = {}
        for drawn_numbers in numbers.generator(QUARTER, code).random((ranges.DRAWS, len(own))).tolist():
            drawn = tuple(sorted(own[int(number * len(own))] for number in drawn_numbers))
            if drawn not in found:
                total = sum((scores[m] * int(league.weights[m]) for m in drawn), Fraction(0))
                mean = total / sum(int(league.weights[m]) for m in drawn)
                found[drawn] = int(half_up(half_up(mean, 8), 2) * 100)
            averages.append(found[drawn])
        draws.append(averages)
    segments = [[segment_after_override(league, i, average) for average in draws[i]] for i in range(5)]
    ranks = [ranks_by_counting(keys) for keys in zip(*map(zip, segments, draws), strict=True)]
    assert ranges.resampled_averages(league)[0].T.tolist() == draws

    def ends(drawn: list[int]) -> tuple[int, int]:
        ordered = sorted(drawn)
        return ordered[250], ordered[-251]

    for i, row in enumerate(ranges.likely_ranges([league]).to_pylist()):
        own_ranks = [found[i] for found in ranks]
        (low, high), (best, worst) = ends(draws[i]), ends(own_ranks)
        own, rank = int(league.averages[i]), int(league.ranks[i])
        own_segment = segment_after_override(league, i, own)
        assert row["average_score_low"] * 100 == min(low, own)
        assert row["average_score_high"] * 100 == max(high, own)
        assert (row["rank_low"], row["rank_high"]) == (min(best, rank), max(worst, rank))
        mean = sum(own_ranks) / ranges.DRAWS
        assert abs(float(row["rank_variance"]) - sum((r - mean) ** 2 for r in own_ranks) / ranges.DRAWS) <= 0.0005
        shares = {
            "same_segment_share": sum(segment == own_segment for segment in segments[i]),
            "top_quarter_share": sum(r <= 1 for r in own_ranks),
            "bottom_quarter_share": sum(r > 4 for r in own_ranks),
        }
        for share, count in shares.items():
            assert abs(float(row[share]) - count / ranges.DRAWS) <= 0.0005


def test_the_quarter_of_a_league_is_as_many_as_count_in_full() -> None:
    league = a_league([[score] for score in (1, 1.5, 2, 2.5, 3, 3.2, 3.5, 3.8, 4)], floors=[0] * 8 + [3])
    found = ranges.likely_ranges([league]).to_pandas().astype({"top_quarter_share": float})
    assert found["top_quarter_share"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert found["bottom_quarter_share"].astype(float).tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1]


def test_of_a_quarter_that_is_over_the_worst_quarter_is_that_of_its_likely_range() -> None:
    some = [a_league([[1, 2, 3], [2, 2, 4], [3, 3, 1], [4, 3, 3]]), a_league([[1, 4], [2, 3]], quarter=BEFORE)]
    assert ranges.bottom_quarters(some).equals(ranges.likely_ranges(some).select(list(ranges.BEFORE)))
    assert ranges.bottom_quarters([]).num_rows == 0


@pytest.mark.parametrize(("average", "rank"), [(200, 1), (201, 21)])
def test_a_range_is_widened_to_a_rank_that_the_draws_miss(average: int, rank: int) -> None:
    """One without spread among twenty with the average 2.00: the draws put half of them before it."""
    league = a_league([[Fraction(average, 100)] * 6, *[[1, 3] * 3] * 20], cuts=(400, 400, 400))
    assert league.ranks[0] == rank
    own = ranges.likely_ranges([league]).to_pylist()[0]
    drawn = numbers.limits(league.place(ranges.resampled_averages(league)[0])[:, 0])
    assert 1 < drawn[0] < drawn[1] < 21
    assert (own["rank_low"], own["rank_high"]) == (min(rank, drawn[0]), max(rank, drawn[1]))


def test_what_is_said_without_override_and_finance_and_of_pairs_equals_a_plain_loop() -> None:
    """Nothing of the code but its random numbers: each draw chooses metrics by hand, all and those without finance."""
    league = made_up(5, 6, 5, domains=["access", "finance", "safety", "finance", "people"], floors=[3, 0, 0, 3, 0, 0])
    averages: list[list[list[int]]] = [[], []]
    for i, code in enumerate(league.codes):
        own = [m for m in range(5) if league.held[i, m]]
        chance = numbers.generator(QUARTER, code).random((ranges.DRAWS, len(own))).tolist()
        for chosen, found in zip((own, [m for m in own if m not in (1, 3)]), averages, strict=True):
            drawn = [tuple(chosen[int(number * len(chosen))] for number in row[: len(chosen)]) for row in chance]
            weighed = {metrics: average_of(league, i, metrics or own) for metrics in {*drawn}}
            found.append([weighed[metrics] for metrics in drawn])
    of_all, of_others = (list(zip(*found, strict=True)) for found in averages)
    keys = [[(segment_after_override(league, i, average), average) for i, average in enumerate(row)] for row in of_all]
    rows = ranges.likely_ranges([league]).to_pylist()
    own_others = [
        average_of(league, i, [m for m in (0, 2, 4) if league.held[i, m]] or [m for m in (1, 3) if league.held[i, m]])
        for i in range(6)
    ]
    for name, drawn_rows, own_row in (
        ("override", of_all, league.averages.tolist()),
        ("finance", of_others, own_others),
    ):
        places, points = [ranks_by_counting(row) for row in drawn_rows], ranks_by_counting(own_row)
        for i, row in enumerate(rows):
            ordered = sorted(place[i] for place in places)
            assert row[f"rank_without_{name}_low"] == min(ordered[250], points[i])
            assert row[f"rank_without_{name}_high"] == max(ordered[-251], points[i])
    for i, row in enumerate(rows):
        assert list(row["later_codes"]) == [*league.codes[i + 1 :]]
        for j, ahead, level in zip(range(i + 1, 6), row["ahead_shares"], row["level_shares"], strict=True):
            assert ahead == decimals(sum(key[i] < key[j] for key in keys) / ranges.DRAWS)
            assert level == decimals(sum(key[i] == key[j] for key in keys) / ranges.DRAWS)


def average_of(league: League, i: int, metrics: Sequence[int]) -> int:
    """The average of some metrics of an organisation in hundredths, by fractions."""
    total = sum((Fraction(int(league.scores[i, m]), SCORE) * int(league.weights[m]) for m in metrics), Fraction(0))
    return int(half_up(half_up(total / sum(int(league.weights[m]) for m in metrics), 8), 2) * 100)


def test_ranges_of_a_selection_equal_a_plain_loop() -> None:
    """A table of some metrics, ranked by average alone; another scope of the same league changes nothing."""
    league = made_up(9, 5, 4, weights=[3, 3, 1, 3])
    rows = frames(league)[2].assign(scope="access")
    other = rows[rows["metric_id"] == "M01"].assign(scope="safety")
    found = ranges.ranges_of_selections(pd.concat([other, rows[::-1]])).to_pandas().set_index("scope")
    draws = []
    for i, code in enumerate(league.codes):
        own = [m for m in range(4) if league.held[i, m]]
        chance = numbers.generator(QUARTER, code).random((ranges.DRAWS, len(own))).tolist()
        drawn = [tuple(sorted(own[int(number * len(own))] for number in row)) for row in chance]
        weighed = {metrics: average_of(league, i, metrics) for metrics in {*drawn}}
        draws.append([weighed[metrics] for metrics in drawn])
    places = [ranks_by_counting(row) for row in zip(*draws, strict=True)]
    points = ranks_by_counting(league.averages.tolist())
    for i, row in enumerate(found.loc["access"].itertuples()):
        ordered, scores = sorted(place[i] for place in places), sorted(draws[i])
        assert row.organisation_code == league.codes[i]
        assert (row.rank_low, row.rank_high) == (min(ordered[250], points[i]), max(ordered[-251], points[i]))
        own_score = int(league.averages[i])
        assert row.average_score_low * 100 == min(scores[250], own_score)
        assert row.average_score_high * 100 == max(scores[-251], own_score)
    assert (found.loc[["safety"], "rank_low"] == found.loc[["safety"], "rank_high"]).all()
    assert len(found.loc[["safety"]]) == league.held[:, 1].sum()


QUESTIONS = {"groups": ["M00", "Survey", "M02", "Survey", "Survey"], "weights": [3, 1, 3, 1, 1]}


def as_one_metric(league: League) -> League:
    """The league of QUESTIONS whose survey is one metric, its scores their mean."""
    questions = league.scores[:, [1, 3, 4]]
    means = [None if not row.all() else Fraction(int(row.sum()), 3 * SCORE) for row in questions]
    scores = [
        [Fraction(int(own[0]), SCORE) if own[0] else None, mean, Fraction(int(own[2]), SCORE) if own[2] else None]
        for own, mean in zip(league.scores, means, strict=True)
    ]
    one = a_league(scores, floors=league.floors.tolist(), weights=[3, 3, 3])
    return replace(one, metrics=("M00", "Survey", "M02"), group_of=("M00", "Survey", "M02"))


def test_the_questions_of_one_survey_are_one_metric_in_every_statistic() -> None:
    """The same league twice, the three questions of a survey as they are and as the metric that they weigh as."""
    chance = np.random.default_rng(11)
    held = chance.random((24, 3)) < 0.9
    held[:, 2] = True
    drawn = 1 + Fraction(3, 4) * chance.integers(0, 5, (24, 5))
    scores = [
        [score if own[[0, 1, 2, 1, 1][m]] else None for m, score in enumerate(row)]
        for row, own in zip(drawn, held, strict=True)
    ]
    league = a_league(scores, floors=chance.choice([0, 3], 24).tolist(), **QUESTIONS)
    one = as_one_metric(league)
    assert (league.averages == one.averages).all()
    for found in (ranges.likely_ranges, rank_sets.rank_sets, robustness.ranks_left_out, robustness.metric_correlations):
        assert found([league]).to_pylist() == found([one]).to_pylist()
    in_order = replace(one, metrics=("M00", "M01", "M02"))  # by the id of its first question
    selected = [frames(of)[2].assign(scope="patients") for of in (league, in_order)]
    assert ranges.ranges_of_selections(selected[0]) == ranges.ranges_of_selections(selected[1])
    before = [replace(of, quarter=BEFORE, scores=of.scores[::-1], held=of.held[::-1]) for of in (league, one)]
    before = [replace(of, averages=of.weighed(of.weights)) for of in before]
    changes = [
        improvement.score_changes([then, now], compared(*now.metrics)).to_pandas()
        for then, now in zip(before, (league, one), strict=True)
    ]
    columns = ["change", "change_low", "change_high", "p_value", "q_value"]
    assert changes[0][columns].equals(changes[1][columns])


def test_a_survey_weighs_as_one_metric_at_random_and_is_left_out_as_one() -> None:
    league, one = a_league([[1, 2, 3, 4, 1], [2, 3, 4, 1, 2]], **QUESTIONS), a_league([[1, 2, 3], [2, 3, 4]])
    weights, of_three = (method_choices.weightings(of)[2:, 0] for of in (league, one))
    assert np.abs(weights @ league.of_group - of_three).max() <= 2  # each question is rounded
    assert np.ptp(weights[:, [1, 3, 4]], axis=1).max() == 0


def test_the_domain_of_one_survey_draws_among_one() -> None:
    league = a_league([[1, 2, 1], [3, 2, 4]], groups=["S", "S", "S"])
    found = ranges.ranges_of_selections(frames(league)[2].assign(scope="general_practice")).to_pandas()
    assert found["drawn_among"].tolist() == [1, 1]
    assert (found["average_score_low"] == found["average_score_high"]).all()


def test_ranges_without_finance_are_those_of_the_league_without_its_metrics() -> None:
    """Where everybody holds one metric beside finance there is nothing to choose: the range is the rank."""
    league = a_league([[1, 4], [2, 1], [3, 2]], domains=["access", "finance"], floors=[3, 0, 0])
    found = ranges.likely_ranges([league]).to_pandas()
    assert found["rank_without_finance_low"].tolist() == found["rank_without_finance_high"].tolist() == [1, 2, 3]
    no_finance = ranges.likely_ranges([a_league([[1, 2], [2, 3]])]).to_pandas()
    assert no_finance[["rank_without_finance_low", "rank_without_finance_high"]].isna().all(axis=None)


# Who can be told apart.


def test_a_pair_alone_differs_beyond_196_of_its_error() -> None:
    errors = np.array([0.3, 0.4, 0.0, 0.0])
    found = rank_sets.told_apart_alone(np.array([1.0, 1.97, 1.97, 2.2]), errors)  # 0.97 / 0.5 = 1.94
    assert found.astype(int).tolist() == [[0, 0, 1, 1], [0, 0, 0, 0], [1, 0, 0, 1], [1, 0, 1, 0]]
    assert rank_sets.told_apart_alone(np.array([1.0, 1.99]), errors[:2])[0, 1]  # 0.99 / 0.5 = 1.98


def test_pairs_told_apart_among_all_are_so_alone_and_make_the_rank_sets() -> None:
    league = a_league([[1 + i / 4, 1.6 + i / 4] * 5 for i in range(9)], floors=[0, 3] * 4 + [0])
    rows = rank_sets.rank_sets([league]).to_pylist()
    apart = {}
    for i, row in enumerate(rows):
        for j, alone, of_all in zip(
            range(i + 1, 9), row["later_told_apart_alone"], row["later_told_apart_all"], strict=True
        ):
            assert alone or not of_all
            apart[i, j] = apart[j, i] = of_all
    assert any(apart.values()) and not all(apart.values())
    for i, row in enumerate(rows):
        better = [apart[i, j] for j in range(9) if league.averages[j] < league.averages[i]]
        worse = [apart[i, j] for j in range(9) if league.averages[j] > league.averages[i]]
        assert (row["best_rank"], row["worst_rank"]) == (1 + sum(better), 9 - sum(worse))
        assert row["told_apart_from"] == sum(better) + sum(worse)


def test_standard_errors_by_hand() -> None:
    """Spreads 0.5 and 2 about two means, by two degrees of freedom: a variance of 1.25 in all."""
    league = a_league([[1, 2, None], [1, 3, None], [None, None, 2]])
    assert np.allclose(rank_sets.standard_errors(league), [sqrt(1.25 / 2), sqrt(1.25 / 2), sqrt(1.25)])
    weighed = a_league([[1, 2], [1, 3]], weights=[3, 1])
    assert np.allclose(rank_sets.standard_errors(weighed), sqrt((0.75 + 3) / 3 * 10 / 16))


def told_apart_one_by_one(estimates: Any, errors: Any, noise: Any, level: float, steps: int) -> Any:
    count = len(estimates)
    left = {(j, k) for j in range(count) for k in range(count) if j != k}
    better = np.zeros((count, count), bool)
    for _ in range(steps):
        spread = {(j, k): sqrt(errors[j] ** 2 + errors[k] ** 2) for j in range(count) for k in range(count)}
        largest = sorted(
            max(((d[j] * errors[j] - d[k] * errors[k]) / spread[j, k] for j, k in left), default=0.0) for d in noise
        )
        critical = largest[int(np.ceil(level * len(noise))) - 1]
        found = {(j, k) for j, k in left if (estimates[j] - estimates[k]) / spread[j, k] > critical}
        left -= found
        for pair in found:
            better[pair] = True
    return better


@pytest.mark.parametrize("seed", range(4))
def test_pairs_told_apart_equal_a_plain_loop(seed: int) -> None:
    chance = np.random.default_rng(seed)
    estimates, errors = chance.normal(0, 3, 5), chance.uniform(0.2, 1, 5)
    noise = chance.standard_normal((300, 5))
    found = rank_sets.told_apart(estimates, errors, noise)
    assert found.any() and not found[~np.eye(5, dtype=bool)].all()
    assert found.tolist() == told_apart_one_by_one(estimates, errors, noise, 0.95, 5).tolist()


def test_stepping_down_tells_more_apart() -> None:
    gained = 0
    for seed in range(40):
        chance = np.random.default_rng(seed)
        estimates, noise = chance.normal(0, 2.5, 5), chance.standard_normal((200, 5))
        single = told_apart_one_by_one(estimates, np.ones(5), noise, 0.95, 1)
        found = rank_sets.told_apart(estimates, np.ones(5), noise)
        assert (found >= single).all()
        gained += int(found.sum() - single.sum())
    assert gained > 0


def test_the_same_is_never_told_apart_and_the_far_always() -> None:
    noise = numbers.generator("far").standard_normal((4000, 4))
    same = rank_sets.told_apart(np.array([3.0, 3.0, 3.0, 3.0]), np.array([0.1, 0.1, 1e-9, 0]), noise)
    assert not same.any()
    far = rank_sets.told_apart(np.array([0.0, 100.0, 200.0, 200.0]), np.ones(4), noise)
    assert far.astype(int).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]
    assert [limit.tolist() for limit in rank_sets.rank_limits(far)] == [[4, 3, 1, 1], [4, 3, 2, 2]]


def test_what_has_no_error_needs_no_test() -> None:
    noise = numbers.generator("exact").standard_normal((1000, 3))
    better = rank_sets.told_apart(np.array([1.0, 1.0, 1.01]), np.zeros(3), noise)
    assert better.astype(int).tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 0]]


def test_all_pairs_of_the_same_are_kept_together_in_95_of_100() -> None:
    """The chance that any of ten equals is told from any other, over 400 samples: 5%, give or take 3."""
    chance = np.random.default_rng(7)
    noise = chance.standard_normal((2000, 10))
    wrong = sum(rank_sets.told_apart(chance.standard_normal(10), np.ones(10), noise).any() for _ in range(400))
    assert 8 <= wrong <= 32


def test_averages_are_drawn_to_their_mean_as_far_as_they_are_error() -> None:
    averages, errors = np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.5, 1.0])
    between = 1 - 1.5 / 3  # variance of the averages less mean squared error
    assert np.allclose(rank_sets.rankability(averages, errors), [between / (between + e**2) for e in errors])
    drawn, left = rank_sets.shrunk(averages, errors)
    assert np.allclose(drawn, [2 - 2 / 3, 2, 2 + 1 / 3])
    assert np.allclose(left, [sqrt(2 / 3) / 2, sqrt(2 / 3) / 2, sqrt(1 / 3)])
    noise = rank_sets.shrunk(averages, np.array([9.0, 9.0, 9.0]))
    assert np.allclose(rank_sets.expected_ranks(*noise), 2)
    assert np.allclose(rank_sets.expected_ranks(*rank_sets.shrunk(averages, np.zeros(3))), [1, 2, 3])


def test_expected_ranks_equal_a_plain_loop() -> None:
    averages, errors = [1.5, 1.7, 1.7, 2.9, 3.0], [0.2, 0.3, 0.1, 0.0, 0.0]
    expected = []
    for i in range(5):
        rank = 1.0
        for j in range(5):
            spread = sqrt(errors[i] ** 2 + errors[j] ** 2)
            if j != i and spread:
                rank += (1 + erf((averages[i] - averages[j]) / spread / sqrt(2))) / 2
            elif j != i:
                rank += averages[j] < averages[i]
        expected.append(rank)
    assert np.allclose(rank_sets.expected_ranks(np.array(averages), np.array(errors)), expected)


def test_a_band_opens_with_the_first_that_the_first_of_the_last_can_be_told_from() -> None:
    better = np.zeros((5, 5), bool)
    better[0, 2:] = better[2, 4] = better[1, 3] = True
    assert rank_sets.bands(np.arange(5), better).tolist() == [1, 1, 2, 2, 3]
    back = np.arange(4, -1, -1)
    assert rank_sets.bands(back, better[np.ix_(back, back)]).tolist() == [3, 2, 2, 1, 1]


def test_rank_sets_of_a_league_are_those_of_its_averages() -> None:
    league = a_league([[1, 1.2] * 5, [1.1, 1.2] * 5, [2.5, 2.6] * 5, [3.9, 4] * 5], floors=[3, 0, 0, 0])
    found = rank_sets.rank_sets([league]).to_pandas()
    assert found["best_rank"].tolist() == [1, 1, 3, 4]
    assert found["worst_rank"].tolist() == [2, 2, 3, 4]
    assert found["told_apart_from"].tolist() == [2, 2, 3, 3]
    assert found["band"].tolist() == [1, 1, 2, 3]
    assert found["may_be_in_top_quarter"].tolist() == [True, True, False, False]
    assert found["may_be_in_bottom_quarter"].tolist() == [False, False, False, True]
    assert [str(rank) for rank in found["expected_rank"]] == ["1.1", "1.9", "3.0", "4.0"]


def test_uncertainty_has_the_figures_of_each_part_under_its_name() -> None:
    league, other = a_league([[1, 1.2] * 5, [2.5, 2.6] * 5, [3.9, 4] * 5]), a_league([[1], [2]], quarter=BEFORE)
    counted = a_population([1.0, 2.0, 3.0]).assign(denominator=500)
    found = uncertainty.rank_uncertainty([league, other], counted).to_pandas()
    assert list(found.columns) == list(uncertainty.COLUMNS)
    assert len(found) == 5 and not found.duplicated(list(uncertainty.KEY)).any()
    measured = measurement.measurement_error([league, other], counted)
    for part, figures in (
        ("likely", ranges.likely_ranges([league, other])),
        ("set", rank_sets.rank_sets([league, other])),
        ("method", method_choices.method_choices([league, other])),
        ("measured", measured),
    ):
        own = figures.to_pandas().set_index(list(uncertainty.KEY)).add_prefix(f"{part}_")
        both = found.set_index(list(uncertainty.KEY)).loc[own.index, own.columns]
        pd.testing.assert_frame_equal(both, own, check_dtype=False)
    assert 0 < measured.num_rows < len(found)
    assert found["measured_metrics_measured"].isna().sum() == len(found) - measured.num_rows


FEW = [2.0] + [None] * 11
MANY = [1.9, 2.1] * 6


@pytest.mark.parametrize("other", [[1.7, 1.9] * 6, [2.1, 2.3] * 6], ids=["tied behind", "tied in front"])
def test_bands_do_not_depend_on_the_codes_of_equal_averages(other: list[float]) -> None:
    """Of two with the average 2.00 one holds a single metric: a third can be told from the other alone."""
    rows = [FEW, MANY, other]
    found = []
    for order in permutations(range(3)):
        table = rank_sets.rank_sets([a_league([rows[i] for i in order])]).to_pandas()
        assert table["told_apart_from"][order.index(0)] == 0 and table["told_apart_from"][order.index(1)] == 1
        found.append([table["band"][order.index(i)] for i in range(3)])
    assert all(bands == found[0] for bands in found)
    assert found[0][0] == found[0][1]


# What a rank rests on.


def test_ranks_without_a_metric_and_without_finance() -> None:
    league = a_league(
        [[1, 1, 4], [2, 2, 2], [3, 3, 1], [None, None, 2]],
        weights=[3, 3, 1],
        domains=["access", "safety", "finance"],
        floors=[3, 0, 0, 0],
    )
    found = robustness.ranks_left_out([league]).to_pandas().groupby("left_out")["rank"].agg(list).to_dict()
    assert robustness.without(league, np.array([True, False, True])).tolist() == [100, 200, 300, 200]
    by_average = [1, 2, 4, 2]
    capped = [3, 1, 4, 1]
    assert found == {"M00": capped, "M01": capped, "M02": capped, "finance": [1, 2, 4, 2], "override": by_average}


def test_a_league_without_finance_is_not_ranked_without_it() -> None:
    assert set(robustness.ranks_left_out([a_league([[1, 2], [2, 3]])]).to_pandas()["left_out"]) == {
        "M00",
        "M01",
        "override",
    }


def test_correlations_of_metrics_that_twenty_hold() -> None:
    first = [1, 2, 3, 4, 1, 2, 3, 4, 1, 4] * 2
    opposite = [5 - score for score in first]
    other = [1, 1, 2, 2, 3, 3, 4, 4, 1, 1] * 2
    nineteen = [*first[:19], None]
    league = a_league([*zip(first, opposite, other, [2] * 20, nineteen, strict=True)])
    found, both = robustness.correlations(league)
    assert found[0, 1] == found[1, 0] == pytest.approx(-1)
    assert found[0, 2] == pytest.approx(4 / sqrt(14.5 * 13.6))
    assert np.isnan(found[3]).all() and np.isnan(found[4]).all()
    assert (both[0].tolist(), both[4].tolist()) == ([20, 20, 20, 20, 19], [19] * 5)
    pairs = robustness.metric_correlations([league]).to_pandas()
    assert [*zip(pairs["metric_id"], pairs["other_metric_id"], strict=True)] == [
        ("M00", "M01"),
        ("M00", "M02"),
        ("M01", "M02"),
    ]
    assert [str(correlation) for correlation in pairs["correlation"]] == ["-1.000", "0.285", "-0.285"]


# Method choices.

OFFICIAL = dict.fromkeys(method_choices.CHOICES, 0.0)


def under(league: League, **choices: float) -> list[int]:
    found: list[int] = method_choices.ranks_under(league, np.array([[*(OFFICIAL | choices).values()]]))[0].tolist()
    return found


@pytest.mark.parametrize("seed", range(8))
def test_official_choices_give_the_ranks_of_the_league(seed: int) -> None:
    league = made_up(seed, 20, 6, weights=[1] * 6)
    assert under(league) == league.ranks.tolist()


@pytest.mark.parametrize(
    ("scores", "weights"),
    [([Fraction(7, 3)] * 3 + [2] * 5, [1] * 8), ([2.25, 2.25, 2.25, 2.5, 1, 1], [3, 3, 3, 3, 1, 1])],
    ids=["scores of a third", "weights of a third"],
)
def test_official_choices_round_an_average_as_the_league_does(scores: list[Any], weights: list[int]) -> None:
    """A mean of exactly 2.125 is 2.13, as the other has."""
    league = a_league([scores, [Fraction("2.13")] * len(scores)], weights=weights)
    assert league.ranks.tolist() == [1, 1]
    assert under(league) == [1, 1]


def test_other_choices_by_hand() -> None:
    league = a_league(
        [[1, 4, 1], [2, 2, 2], [4, 1, 4], [3, 3, 3]],
        weights=[1, 3, 1],
        domains=["access", "safety", "access"],
        values=[[1, 9, 1], [8, 1, 8], [9, 0, 9], [8.5, 8, 8.5]],
        floors=[0, 3, 0, 0],
        cuts=(210, 280, 350),
    )
    assert (league.averages.tolist(), league.ranks.tolist()) == ([280, 200, 220, 300], [2, 3, 1, 4])
    assert under(league, override=1) == [3, 1, 2, 4]
    assert under(league, segments=0.99) == under(league, segments=0.99, override=1) == [3, 1, 2, 4]
    assert under(league, weights=0.5, override=1) == [2, 1, 2, 4]  # 2.5, 2, 2.5, 3
    assert under(league, aggregation=1, override=1) == [3, 2, 1, 4]  # 4^.6 = 2.30, 2, 4^.4 = 1.74, 3
    assert under(league, metric_left_out=0.5, override=1) == [4, 2, 1, 3]  # (13, 8, 7, 12) / 4 without the first
    assert under(league, metric_left_out=0.75, override=1) == [1, 2, 4, 3]  # 1, 2, 4, 3 without the second


def test_normalisations_by_hand() -> None:
    league = a_league(
        [[1, 1], [2, None], [2, 2], [4, 3]], values=[[10, np.nan], [20, np.nan], [20, np.nan], [40, np.nan]]
    )
    official, by_rank, by_distance, by_spread = method_choices.normalised(league)
    assert official[:, 0].tolist() == [1, 2, 2, 4]
    assert by_rank[:, 0].tolist() == [1, 2, 2, 4]
    assert by_distance[:, 0].tolist() == [1, 2, 2, 4]
    spread = np.std([1, 2, 2, 4]) / np.std([10, 20, 20, 40])
    assert np.allclose(by_spread[:, 0], np.clip(2.25 + spread * (np.array([10, 20, 20, 40]) - 22.5), 1, 4))
    for found in (by_rank, by_distance, by_spread):
        assert found[:, 1].tolist() == official[:, 1].tolist()
    uneven = method_choices.normalised(a_league([[1], [2], [3]], values=[[0], [1], [10]]))
    assert [found[:, 0].tolist() for found in uneven[1:3]] == [[1, 2.5, 4], [1, 1.3, 4]]


def test_a_score_looked_up_keeps_its_order_under_every_normalisation() -> None:
    """The best of the bands 1 to 3 is the third: no polarity says so, the score does."""
    leagues_in_statistics, league_ranks, scores = frames(a_league([[1], [2], [4]], values=[[3], [2], [1]]))
    scores["polarity"] = pd.Series([None] * 3, dtype="str")
    [league] = leagues.read(leagues_in_statistics, league_ranks, scores)
    for found in method_choices.normalised(league):
        assert all(better <= worse for better, worse in pairwise(found[:, 0]))


def test_means_by_hand() -> None:
    scores = np.array([[1.0, 4.0, 2.0], [2.0, 2.0, 0.0], [3.0, 0.0, 0.0]])
    held = np.array([[True, True, True], [True, True, False], [True, False, False]])
    weights = np.array([[10, 10, 10], [30, 10, 10], [0, 10, 20]])[:, None] * held
    assert method_choices.averaged(scores, weights, False).tolist() == [
        [233, 200, 300],
        [180, 200, 300],
        [267, 200, 400],
    ]
    geometric = [round(100 * exp(mean)) for mean in (log(8) / 3, log(8) / 5, (log(4) + 2 * log(2)) / 3)]
    assert method_choices.averaged(scores, weights, True)[:, 0].tolist() == geometric


def test_weightings_by_hand() -> None:
    domains = ["access", "access", "access", "finance"]
    league = a_league([[1, 2, 3, 4], [1, None, None, 2], [1, 2, None, None]], weights=[3, 3, 1, 1], domains=domains)
    official, by_domain, *drawn = method_choices.weightings(league)
    assert official.tolist() == [[3, 3, 1, 1], [3, 0, 0, 1], [3, 3, 0, 0]]
    shares = [[3 / 14, 3 / 14, 1 / 14, 0.5], [0.5, 0, 0, 0.5], [0.5, 0.5, 0, 0]]
    assert np.allclose(by_domain / by_domain.sum(axis=1, keepdims=True), shares, atol=1e-6)
    assert all((weights[0] * league.held == weights).all() for weights in drawn)
    random = [weights[0] / method_choices.UNIT for weights in drawn]
    assert len(random) == method_choices.RANDOM_WEIGHTS == len({tuple(weights) for weights in random})
    assert np.allclose(np.sum(random, axis=1), 1, atol=1e-5) and np.min(random) > 0


def test_ways_of_making_segments_by_hand() -> None:
    league = a_league([[1.5], [1.6], [1.7], [2.5]], floors=[3, 0, 0, 0], cuts=(150, 170, 240))
    averages, on, off = np.array([[300, 100, 300, 200]]), np.array([[True]]), np.array([[False]])
    assert method_choices.placed(league, averages, "official shares", off).tolist() == [[3, 1, 3, 2]]
    assert method_choices.placed(league, averages, "official shares", on).tolist() == [[4, 1, 3, 2]]
    early = np.array([[100, 200, 300, 350]])
    assert method_choices.placed(league, early, "official shares", on).tolist() == [[3, 1, 2, 4]]
    assert method_choices.placed(league, early, "quarters of the league", on).tolist() == [[2, 1, 3, 4]]
    assert method_choices.placed(league, early, "none", on).tolist() == [[1, 2, 3, 4]]


def test_shares_explained_of_functions_whose_indices_are_known() -> None:
    """A sum: squared coefficients by their sum, no interaction. A product about zero: interaction alone."""
    from SALib.sample import sobol

    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-1, 1]] * 3}
    a, b, c = sobol.sample(problem, 1024, calc_second_order=False, seed=numbers.SEED).T
    outputs = np.column_stack([a + 2 * b + 3 * c, 1000 + 50 * a * b, a, np.ones_like(a)])
    first, total = method_choices.shares_explained(outputs, 3)
    assert np.allclose(first[:, 0], np.array([1, 4, 9]) / 14, atol=0.02)
    assert np.allclose(total[:, 0], np.array([1, 4, 9]) / 14, atol=0.02)
    assert np.allclose(first[:, 1], 0, atol=0.02) and np.allclose(total[:, 1], [1, 1, 0], atol=0.02)
    assert np.allclose([first[:, 2], total[:, 2]], [1, 0, 0], atol=0.02)
    assert not first[:, 3].any() and not total[:, 3].any()


def test_the_override_explains_what_only_it_moves() -> None:
    league = a_league([[1, 1], [2, 2], [3, 3], [3.9, 3.9]], floors=[4, 0, 0, 0], cuts=(150, 250, 350))
    [first, *_, last] = method_choices.method_choices([league]).to_pylist()
    assert (first["rank_low"], first["rank_high"], last["rank_low"], last["rank_high"]) == (1, 3, 4, 4)
    assert first["total_override"] > first["total_segments"] > 0.2
    assert first["first_weights"] == first["total_weights"] == first["total_aggregation"] == 0
    assert (last["mean_shift"], last["rank_variance"], last["total_override"]) == (0, 0, 0)


# What chance in the counts does.


def scores_by_the_rule(values: Sequence[float], rule: dict[str, Any]) -> list[Fraction]:
    sign = -1 if rule["polarity"] == "higher" else 1
    keys = [sign * Fraction(str(value)) for value in values]
    beyond = [False] * len(keys)
    if rule["threshold"] == "standard":
        beyond = [key <= sign * Fraction(str(rule["standard"])) for key in keys]
    if rule["threshold"] == "floor":
        beyond = [key > sign * Fraction(str(rule["floor"])) for key in keys]
    rest = [key for key, out in zip(keys, beyond, strict=True) if not out]
    best, span, alone, out_of_it = {None: (1, 3, 1, 0), "standard": (2, 2, 2, 1), "floor": (1, 2, 1, 4)}[
        rule["threshold"]
    ]
    scores = []
    for key, out in zip(keys, beyond, strict=True):
        rank = 1 + sum(other < key for other in rest)
        score = Fraction(alone) if len(rest) == 1 else best + Fraction(span * (rank - 1), max(len(rest) - 1, 1))
        scores.append(Fraction(out_of_it) if out else score)
    return scores


@pytest.mark.parametrize(
    ("values", "rule", "scores"),
    [
        ([10, 20, 30, 40], {}, [1, 2, 3, 4]),
        ([10, 20, 30, 40], {"polarity": "higher"}, [4, 3, 2, 1]),
        ([10, 10, 30, 40], {}, [1, 1, 3, 4]),
        ([10, 40, 40, 40], {}, [1, 2, 2, 2]),
        ([10], {}, [1]),
        ([5, 5, 5], {}, [1, 1, 1]),
        ([78, 77.99, 70, 60, 90], {"threshold": "standard", "standard": 78, "polarity": "higher"}, [1, 2, 3, 4, 1]),
        ([1, 1.01, 0.5, 3], {"threshold": "standard", "standard": 1}, [1, 2, 1, 4]),
        ([78, 77, 90], {"threshold": "standard", "standard": 78, "polarity": "higher"}, [1, 2, 1]),
        ([0, 0.5, 1], {"threshold": "standard", "standard": 1}, [1, 1, 1]),
        ([70, 69.99, 80, 90], {"threshold": "floor", "floor": 70, "polarity": "higher"}, [3, 4, 2, 1]),
        ([5, 5.01, 2, 1], {"threshold": "floor", "floor": 5}, [3, 4, 2, 1]),
        ([75, 60], {"threshold": "floor", "floor": 70, "polarity": "higher"}, [1, 4]),
        ([60, 65], {"threshold": "floor", "floor": 70, "polarity": "higher"}, [4, 4]),
    ],
)
def test_values_are_scored_by_the_rule(values: list[float], rule: dict[str, Any], scores: list[int]) -> None:
    population = a_population(values, **rule)
    found = measurement.rescored(measurement.drawn_values(population, 3), population.iloc[0])
    assert found.tolist() == [scores] * 3
    assert scores_by_the_rule(values, {"polarity": "lower", "threshold": None, **rule}) == scores


def test_the_only_one_on_its_side_has_the_score_of_the_rule() -> None:
    rule = a_population([70, 80], threshold="standard", standard=75, polarity="higher", single_score=2.5).iloc[0]
    assert measurement.rescored(np.array([[70.0, 80.0], [75.0, 76.0]]), rule).tolist() == [[2.5, 1], [1, 1]]


def test_a_score_of_two_decimals_is_rounded_as_the_step_rounds_it() -> None:
    values = np.arange(25.0)[None]
    found = measurement.rescored(values, a_population(values[0].tolist(), score_decimals=2).iloc[0])
    with duckdb.connect() as connection:
        expected = connection.execute(
            "select cast(round(cast(1 + 3 * rank / 24.0::double as decimal(18, 10)), 2) as double)"
            " from range(25) as ranks(rank) order by rank"
        ).fetchall()
    assert found[0].tolist() == [score for (score,) in expected]


def test_a_proportion_is_drawn_from_its_own_law() -> None:
    """Beta(30.5, 70.5): mean 30.20, standard deviation 4.55; without counts the value."""
    population = a_population([30, 31, 30], metric_id="M07")
    population.loc[[0, 2], ["numerator", "denominator"]] = [30, 100]
    draws = measurement.drawn_values(population, 20_000)
    assert (draws[:, 1] == 31).all()
    assert abs(draws[:, 0].mean() - 30.198) < 0.1 and abs(draws[:, 0].std() - 4.546) < 0.1
    assert abs(np.corrcoef(draws[:, 0], draws[:, 2])[0, 1]) < 0.03
    back = measurement.drawn_values(population[::-1], 20_000)
    assert (back[:, ::-1] == draws).all()


def counted_league(denominator: float) -> tuple[League, pd.DataFrame]:
    """Six organisations, two of them of another league; the counts of one of the six are not known."""
    values = [60, 72.5, 78, 81, 90, 55]
    population = a_population(values, threshold="standard", standard=78, polarity="higher")
    population["denominator"] = denominator
    population["numerator"] = population["denominator"] * population["value"] / 100
    population.loc[1, ["numerator", "denominator"]] = np.nan
    population.loc[2, "value"] = population.loc[2, "standard"] + 0.25
    population.loc[2, "numerator"] = 0.7825 * denominator
    scores = measurement.rescored(population["value"].to_numpy()[None], population.iloc[0])[0]
    others = [[1, 4, 2.5, 3], [2, None, 2.25, 1]]
    league = a_league([*zip(scores[:4].tolist(), *others, strict=True)], floors=[0, 3, 0, 0])
    return league, population


def test_limits_of_a_value_are_those_of_its_law_by_plain_sums() -> None:
    """Jeffreys' law summed over a million steps; none and all have no limit on their side; no counts, no limits."""
    limits = ["value_low", "value_high", "rank_low", "rank_high"]
    population = a_population([30, 0, 100, 12.5, 50])
    population["denominator"] = [100, 20, 20, 41.6, None]
    found = measurement.value_ranges(population).to_pandas().astype({"value_low": float, "value_high": float})
    assert found["organisation_code"].tolist() == population["organisation_code"].tolist()
    assert found[limits].isna().all(axis=1).tolist() == [False] * 4 + [True]
    steps = (np.arange(1_000_000) + 0.5) / 1_000_000
    for row, share, count in zip(found[:4].itertuples(), (0.3, 0, 1, 0.125), (100, 20, 20, 41.6), strict=True):
        density = steps ** (share * count - 0.5) * (1 - steps) ** ((1 - share) * count - 0.5)
        below = np.cumsum(density) / density.sum()
        low, high = 100 * steps[np.searchsorted(below, [0.025, 0.975])]
        assert abs(row.value_low - (low if share > 0 else 0)) < 0.02
        assert abs(row.value_high - (high if share < 1 else 100)) < 0.02
    assert measurement.value_ranges(population.iloc[4:]).to_pandas()[limits].isna().all().all()


def chances_of_ranks(values: Sequence[float], counts: Sequence[float | None], higher: bool) -> list[list[float]]:
    """The chance of every rank of everybody whose count is known, without a draw: given an own value, the others are
    ahead independently of each other, and the own value is summed over its law."""
    steps = (np.arange(20_000) + 0.5) / 20_000
    laws = [
        None if n is None else beta(v / 100 * n + 0.5, (1 - v / 100) * n + 0.5)
        for v, n in zip(values, counts, strict=True)
    ]
    below = [
        (steps > v / 100).astype(float) if law is None else law.cdf(steps) for v, law in zip(values, laws, strict=True)
    ]
    found = []
    for i, law in enumerate(laws):
        if law is None:
            continue
        chances = np.zeros((len(values) + 1, len(steps)))
        chances[0] = 1
        for other in [one for j, one in enumerate(below) if j != i]:
            ahead = 1 - other if higher else other
            chances[1:] = chances[1:] * (1 - ahead) + chances[:-1] * ahead
            chances[0] *= 1 - ahead
        weights = law.pdf(steps)
        found.append([float(chance) for chance in (chances * weights).sum(axis=1) / weights.sum()])
    return found


@pytest.mark.parametrize("polarity", ["lower", "higher"])
def test_limits_of_a_rank_are_those_of_its_chances(polarity: str) -> None:
    """An interval holds 95% of the chance, and no end of it could be drawn in: within what 2,000 draws can tell."""
    values = [60.0, 61.5, 62, 62, 64, 70, 71, 55]
    counts = [400, 900, 100, None, 2500, 60, 300, 5000]
    population = a_population(values, polarity=polarity)
    population["denominator"] = counts
    found = measurement.value_ranges(population).to_pandas().dropna()
    exact = chances_of_ranks(values, counts, polarity == "higher")
    widths = []
    for row, chances in zip(found.itertuples(), exact, strict=True):
        low, high = int(row.rank_low) - 1, int(row.rank_high) - 1
        assert sum(chances[:low]) < 0.033 and sum(chances[high + 1 :]) < 0.033
        assert sum(chances[: low + 1]) > 0.017 and sum(chances[high:]) > 0.017
        widths.append(high - low)
    assert max(widths) > 3 and len(set(widths)) > 2
    again = measurement.value_ranges(population.sample(frac=1, random_state=1)).to_pandas()
    by_code = [one.set_index("organisation_code").sort_index() for one in (again.dropna(), found)]
    pd.testing.assert_frame_equal(*by_code)


def test_ranks_are_within_a_league_and_their_limits_never_miss_them() -> None:
    """Another league changes nothing; among many who share a value the best of their ranks is seldom drawn."""
    population = a_population([50.0] * 40)
    population["denominator"] = 1000
    alone = measurement.value_ranges(population).to_pandas()
    both = pd.concat(
        [population, population.assign(league="ambulance", organisation_code=[f"A{i:02}" for i in range(40)])]
    )
    found = measurement.value_ranges(both).to_pandas()
    assert found[found["organisation_code"].str.startswith("T")].reset_index(drop=True).equals(alone)
    assert set(alone["rank_low"]) == {1} and (alone["rank_high"] > 35).all()


@pytest.mark.parametrize("denominator", [1e12, np.nan])
def test_counts_without_chance_leave_the_ranks_of_the_league(denominator: float) -> None:
    league, population = counted_league(denominator)
    if np.isnan(denominator):
        population["numerator"] = np.nan
    averages, drawn = measurement.measured_averages(league, population, 50)
    ranks = league.place(averages)
    assert (ranks == league.ranks).all()
    known = ~np.isnan(population["numerator"].to_numpy()[:4])
    assert drawn.tolist() == [[bool(is_known), False, False] for is_known in known]


def test_small_counts_move_ranks_and_only_within_the_metrics_held() -> None:
    league, population = counted_league(40)
    ranks = league.place(measurement.measured_averages(league, population, 500)[0])
    assert len(np.unique(ranks, axis=0)) > 1
    found = measurement.measurement_error([league], population).to_pandas()
    assert found["metrics_measured"].tolist() == [1, 0, 1, 1]
    assert (found["rank_low"] <= league.ranks).all() and (league.ranks <= found["rank_high"]).all()
    assert (found["rank_variance"].astype(float) > 0).any()
    held = league.held.copy()
    held[2, 0] = False
    without = replace(league, held=held, scores=np.where(held, league.scores, 0))
    assert measurement.measured_averages(without, population, 2)[1].tolist()[2] == [False] * 3


@pytest.mark.parametrize(("value", "rank"), [(50, 1), (50.001, 21)])
def test_a_measured_range_is_widened_to_a_rank_that_the_draws_miss(value: float, rank: int) -> None:
    """One without counts among twenty with the value 50."""
    population = a_population([value, *[50] * 20])
    population.loc[1:, ["numerator", "denominator"]] = [500, 1000]
    scores = measurement.rescored(population["value"].to_numpy()[None], population.iloc[0])[0]
    league = a_league([[score] for score in scores.tolist()], cuts=(400, 400, 400))
    assert league.ranks[0] == rank
    own = measurement.measurement_error([league], population).to_pylist()[0]
    averages, _ = measurement.measured_averages(league, population)
    drawn = numbers.limits(league.place(averages)[:, 0])
    assert 1 < drawn[0] < drawn[1] < 21
    assert (own["rank_low"], own["rank_high"]) == (min(rank, drawn[0]), max(rank, drawn[1]))
    low, high = numbers.limits(averages[:, 0])
    assert own["average_score_low"] == numbers.two_decimals(min(low, league.averages[0]))
    assert own["average_score_high"] == numbers.two_decimals(max(high, league.averages[0]))


def test_a_league_none_of_whose_metrics_has_counts_is_not_listed() -> None:
    league, population = counted_league(40)
    assert measurement.measurement_error([league], population.assign(metric_id="M99")).num_rows == 0
    assert measurement.measurement_error([league], population.assign(quarter=BEFORE)).num_rows == 0


# What moved since the quarter before.


def test_equal_weights_give_the_paired_t_test() -> None:
    chance = np.random.default_rng(5)
    changes, held = chance.normal(0.2, 0.5, (30, 8)), chance.random((30, 8)) < 0.7
    held[:, :3] = True
    mean, width, p = improvement.paired_changes(changes, held, np.ones(8), np.eye(8, dtype=int))
    for i in range(30):
        test = ttest_1samp(changes[i, held[i]], 0)
        low, high = test.confidence_interval()
        assert np.allclose([mean[i], p[i]], [changes[i, held[i]].mean(), test.pvalue])
        assert np.allclose([mean[i] - width[i], mean[i] + width[i]], [low, high])


def test_weights_of_a_third_by_hand() -> None:
    """Mean (3 + 6 + 0) / 7 and error sqrt(3/2 * sum of (w (d - mean))^2) / 7."""
    changes, weights = np.array([[1.0, 2.0, 0.0]]), np.array([3, 3, 1])
    mean, width, p = improvement.paired_changes(changes, np.ones((1, 3), bool), weights, np.eye(3, dtype=int))
    squares = (3 * (1 - 9 / 7)) ** 2 + (3 * (2 - 9 / 7)) ** 2 + (9 / 7) ** 2
    error = sqrt(1.5 * squares) / 7
    assert mean[0] == pytest.approx(9 / 7)
    assert width[0] == pytest.approx(4.302652729 * error)
    assert p[0] == pytest.approx(1 - (9 / 7 / error) / sqrt(2 + (9 / 7 / error) ** 2))


def test_too_few_metrics_have_a_mean_and_no_test() -> None:
    held = np.array([[True, True, False], [True, False, False], [False, False, False], [True, True, True]])
    mean, width, p = improvement.paired_changes(np.array([[1.0, 2.0, 9.0]] * 4), held, np.ones(3), np.eye(3, dtype=int))
    assert np.allclose(mean, [1.5, 1, np.nan, 4], equal_nan=True)
    assert np.isnan(width).tolist() == np.isnan(p).tolist() == [True, True, True, False]


def test_changes_that_are_all_the_same_have_no_spread() -> None:
    changes, of_group = np.array([[0.5] * 4, [0.0] * 4]), np.eye(4, dtype=int)
    mean, width, p = improvement.paired_changes(changes, np.ones((2, 4), bool), np.ones(4), of_group)
    assert (mean.tolist(), width.tolist(), p.tolist()) == ([0.5, 0], [0, 0], [0, 1])


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    """Largest first: no q value above that of the next larger p; who has too few metrics is not among the tests."""
    before, now = (made_up(seed, 12, 6, quarter=quarter) for seed, quarter in ((3, BEFORE), (4, QUARTER)))
    found = improvement.score_changes([before, now], compared(*now.metrics)).to_pandas()
    held = before.held & now.held
    changes = (now.scores - before.scores) / SCORE
    _, _, p = improvement.paired_changes(changes, held, now.weights.astype(float), now.of_group)
    tested = {i: value for i, value in enumerate(p) if not np.isnan(value)}
    assert 0 < len(tested) < 12
    expected: dict[int, float] = {}
    smallest = 1.0
    for position, i in enumerate(sorted(tested, key=lambda i: tested[i], reverse=True)):
        smallest = min(smallest, tested[i] * len(tested) / (len(tested) - position))
        expected[i] = smallest
    assert {i: float(q) for i, q in enumerate(found["q_value"]) if q is not None} == {
        i: pytest.approx(q, abs=5e-7) for i, q in expected.items()
    }
    assert found["metrics_compared"].tolist() == held.sum(axis=1).tolist()


def test_false_discovery_is_that_of_scipy() -> None:
    p = np.array([0.03, 0.0005, 0.5, 0.03, 0.9, 0.012])
    assert false_discovery(p) == pytest.approx(false_discovery_control(p))
    assert false_discovery(p[:0]).size == 0


def test_only_comparable_metrics_count_as_a_change() -> None:
    before = a_league([[2, 2, 2, 4], [3, 3, 3, 3]], quarter=BEFORE)
    now = a_league([[1.5, 1.25, 1, 1], [3, 3, 3, 3]], codes=["T00", "T02"])
    metrics = pd.concat([compared("M00", "M01", "M02"), compared("M03", comparable=False), compared("M99")])
    [row] = improvement.score_changes([before, now], metrics).to_pylist()
    assert (row["organisation_code"], row["metrics_compared"], str(row["change"])) == ("T00", 3, "-0.750")
    assert (str(row["change_low"]), str(row["change_high"])) == ("-1.371", "-0.129")


def test_who_was_ranked_twice_is_told_what_moved_the_rank_though_no_metric_can_be_compared() -> None:
    before = a_league([[1, 1], [2, 2]], quarter=BEFORE)
    now = a_league([[3, 3], [2, 2]])
    found = improvement.score_changes([before, now], compared("M00", "M01", comparable=False)).to_pylist()
    assert [row["organisation_code"] for row in found] == ["T00", "T01"]
    assert [float(sum(row[f"places_{cause}"] for cause in improvement.CAUSES)) for row in found] == [-1, 1]


def test_places_lost_by_hand() -> None:
    """Passed by one that improved: half its own doing, half the other's. Then cut points or a flag alone."""
    before = a_league([[1.5], [1.6], [1.7]], cuts=(200, 300, 350))
    after = a_league([[1.6], [1.5], [1.7]], cuts=(200, 300, 350))
    half, none = [-0.5, 0.5, 0], [0] * 3
    for comparable, cause in (({"M00"}, "own_scores"), (set(), "own_metrics")):
        swapped = improvement.places_by_cause(before, after, comparable)
        by_hand = {**dict.fromkeys(improvement.CAUSES, none), cause: half, "others": half}
        assert swapped.keys() == by_hand.keys()
        assert all(np.allclose(swapped[name], places) for name, places in by_hand.items())
    flagged = improvement.places_by_cause(
        before, a_league([[1.5], [1.6], [1.7]], cuts=(200, 300, 350), floors=[3, 0, 0]), {"M00"}
    )
    assert np.allclose(flagged["override"], [-2, 1, 1])
    cut = improvement.places_by_cause(
        a_league([[1.5], [1.6]], floors=[2, 0], cuts=(200, 300, 350)),
        a_league([[1.5], [1.6]], floors=[2, 0], cuts=(155, 300, 350)),
        {"M00"},
    )
    assert np.allclose(cut["cut_points"], [1, -1])


def test_newcomers_and_leavers_are_others() -> None:
    before = a_league([[1.5], [1.6], [1.7]], codes=["A", "B", "C"], cuts=(200, 300, 350))
    now = a_league([[1.6], [1.7], [1.0], [1.1]], codes=["B", "C", "D", "E"], cuts=(200, 300, 350))
    places = improvement.places_by_cause(before, now, {"M00"})
    assert np.isnan(places["others"]).tolist() == [False, False, True, True]
    assert np.allclose(places["others"][:2], -1) and np.allclose(places["own_scores"][:2], 0)


# Reading what the steps give.


@pytest.mark.parametrize(
    "league",
    [
        made_up(11, 6, 5),
        made_up(12, 6, 5, name="icb", floors=[0] * 6),
        a_league([[Fraction(4, 3), 2, 3], [1, Fraction(5, 3), None]], weights=[3, 3, 1], floors=[0, 3]),
        a_league([[1, 2, 3]]),
        a_league([[1], [2], [2]]),
        a_league([[2, None], [None, 2]], cuts=(206, 234, 266)),
    ],
    ids=["override", "no override", "thirds", "one organisation", "one metric", "one metric each"],
)
def test_a_league_is_read_as_it_was_ranked(league: League) -> None:
    [found] = leagues.read(*frames(league))
    for field in ("quarter", "name", "codes", "domains"):
        assert getattr(found, field) == getattr(league, field)
    for field in ("scores", "held", "floors", "cuts", "averages", "ranks"):
        assert getattr(found, field).tolist() == getattr(league, field).tolist(), field
    assert np.array_equal(found.values, np.where(league.held, league.values, np.nan), equal_nan=True)
    assert (found.weights * league.weights.max() == league.weights * found.weights.max()).all()


def test_higher_is_turned_round_and_cuts_are_cut_to_hundredths() -> None:
    leagues_in_statistics, league_ranks, scores = frames(a_league([[1, 2], [3, 4]], values=[[90, 5], [80, 7]]))
    scores.loc[scores["metric_id"] == "M00", "polarity"] = "higher"
    leagues_in_statistics[["cut_1", "cut_2", "cut_3"]] = [2.065, 2.3, 2.665]
    [found] = leagues.read(leagues_in_statistics, league_ranks, scores)
    assert found.values.tolist() == [[-90, 5], [-80, 7]]
    assert found.cuts.tolist() == [206, 230, 266]


@pytest.mark.parametrize(
    ("column", "row", "wrong"),
    [("rank", 0, 2), ("average_score", 0, 2.01), ("financial_override", 0, 1), ("override_segment", 2, 4)],
)
def test_placings_that_are_not_reproduced_stop_the_build(column: str, row: int, wrong: float) -> None:
    leagues_in_statistics, league_ranks, scores = frames(a_league([[2.0], [2.1], [2.2], [2.5]], floors=[0, 0, 3, 0]))
    league_ranks["override_segment"] = league_ranks["override_segment"].fillna(3)
    leagues.read(leagues_in_statistics, league_ranks, scores)
    league_ranks.loc[row, column] = wrong
    with pytest.raises(LeagueError, match=f"acute {QUARTER}: the statistics do not reproduce"):
        leagues.read(leagues_in_statistics, league_ranks, scores)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("missing", [["T00"], ["T00", "T01"]], ids=["one", "all"])
def test_placings_without_their_scores_stop_the_build(missing: list[str]) -> None:
    leagues_in_statistics, league_ranks, scores = frames(a_league([[2.0], [2.5]]))
    with pytest.raises(LeagueError, match="not the same organisations"):
        leagues.read(leagues_in_statistics, league_ranks, scores[~scores["organisation_code"].isin(missing)])


def test_a_metric_left_out_of_the_sums_stops_the_build() -> None:
    leagues_in_statistics, league_ranks, scores = frames(a_league([[2.0, 3.0], [2.5, 2.6]]))
    with pytest.raises(LeagueError, match="do not reproduce"):
        leagues.read(leagues_in_statistics, league_ranks, scores[scores["metric_id"] == "M00"])


def test_leagues_are_read_as_duckdb_hands_them_over() -> None:
    """No override, a value and a polarity not known, somebody not ranked, another quarter's league."""
    with duckdb.connect() as connection:
        leagues_in_statistics, league_ranks, scores = (
            connection.execute(f"select * from (values {rows}) as found({names})").df()
            for rows, names in (
                (
                    f"('{QUARTER}', 'icb', 'asked for', 2::decimal(9, 6), 3::decimal(9, 6), 3.5::decimal(9, 6)),"
                    f"('{BEFORE}', 'icb', 'previous', 2, 3, 3.5)",
                    "quarter, league, role, cut_1, cut_2, cut_3",
                ),
                (
                    f"('{QUARTER}', 'icb', 'B', 1, 1.67::decimal(4, 2), null::integer, null::integer),"
                    f"('{QUARTER}', 'icb', 'A', 2, 2.5, null, null), ('{QUARTER}', 'icb', 'C', null, null, null, null)",
                    "quarter, league, organisation_code, rank, average_score, financial_override, override_segment",
                ),
                (
                    f"('{QUARTER}', 'icb', 'A', 'M2', 'x', 5::decimal(18, 6), 'higher', 2.5::decimal(18, 10), 1, 'S'),"
                    f"('{QUARTER}', 'icb', 'B', 'M1', 'x', null, null, 1.3333333333, 1, null),"
                    f"('{QUARTER}', 'icb', 'B', 'M2', 'x', 7, 'higher', 2, 1, 'S')",
                    "quarter, league, organisation_code, metric_id, domain, value, polarity, score_exact, weight, "
                    "metric_group",
                ),
            )
        )
    [league] = leagues.asked_for(leagues_in_statistics, league_ranks, scores)
    assert (league.codes, league.metrics, league.group_of) == (("A", "B"), ("M1", "M2"), ("M1", "S"))
    assert (league.ranks.tolist(), league.floors.tolist()) == ([2, 1], [0, 0])
    assert league.held.tolist() == [[False, True], [True, True]]
    assert np.array_equal(league.values, [[np.nan, -5], [np.nan, -7]], equal_nan=True)


def test_no_league_gives_empty_tables_of_the_same_columns() -> None:
    leagues_in_statistics, league_ranks, scores = (frame.iloc[:0] for frame in frames(a_league([[1, 2], [2, 3]])))
    assert leagues.read(leagues_in_statistics, league_ranks, scores) == []
    for of_leagues, columns in TABLES_OF_LEAGUES.items():
        assert of_leagues([]).schema == pa.schema([*columns.items()])
    with duckdb.connect() as connection:
        measured = connection.execute("select 'x' as quarter, 'x' as metric_id, true as rescored where false").df()
        changed = connection.execute("select 'x' as quarter, 'x' as previous_quarter, 'x' as league where false").df()
    found = measurement.measurement_error([made_up(1, 3, 3)], measured)
    assert found.schema == pa.schema([*measurement.COLUMNS.items()]) and found.num_rows == 0
    found = improvement.score_changes([made_up(1, 3, 3)], changed)
    assert found.schema == pa.schema([*improvement.COLUMNS.items()]) and found.num_rows == 0


@pytest.mark.parametrize(
    "league",
    [
        a_league([[1, 2, 3]]),
        a_league([[1]]),
        a_league([[1], [2], [2], [4]]),
        a_league([[2, 2], [2, 2], [2, 2]]),
        a_league([[1, 2, 3], [2, None, None], [3, 4, 1]], weights=[3, 3, 1], floors=[0, 3, 3]),
        a_league([[1, None], [None, 2]]),
        a_league([[1, 2], [2, 4]], values=np.full((2, 2), np.nan)),
    ],
    ids=["one organisation", "one score", "one metric", "all the same", "one metric of one", "one each", "no value"],
)
def test_leagues_at_the_edge_give_whole_tables(league: League) -> None:
    for of_leagues, columns in TABLES_OF_LEAGUES.items():
        found = of_leagues([league])
        assert found.schema == pa.schema([*columns.items()])
        rows = found.to_pandas()
        if of_leagues is ranges.likely_ranges:  # none has finance metrics
            rows = rows.drop(columns=["rank_without_finance_low", "rank_without_finance_high"])
        assert not rows.isna().any(axis=None)
        for column in rows.columns[rows.columns.str.startswith(("rank_low", "best_rank", "band"))]:
            assert rows[column].between(1, len(league.codes)).all()
    assert ranges.likely_ranges([league]).num_rows == method_choices.method_choices([league]).num_rows
    assert ranges.likely_ranges([league]).num_rows == len(league.codes)


def test_one_metric_says_nothing_of_its_error() -> None:
    assert np.isnan(rank_sets.standard_errors(a_league([[1], [2]]))).all()
    assert rank_sets.rank_sets([a_league([[1], [2]])]).num_rows == 0
    [alone] = rank_sets.rank_sets([a_league([[1, 2]])]).to_pylist()
    assert (alone["best_rank"], alone["worst_rank"], alone["band"], alone["told_apart_from"]) == (1, 1, 1, 0)


def test_the_same_bytes_in_every_process() -> None:
    """A set has another order in the other process."""
    script = "from tests.unit import test_statistics as own; print(own.digest())"
    found = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == digest() + "\n"


def digest() -> str:
    """Every table of one made-up league, as one number."""
    before, now = made_up(21, 12, 7, quarter=BEFORE), made_up(22, 12, 7)
    population = a_population(range(12))
    population["denominator"], population["numerator"] = 100.0, population["value"]
    tables = [of_leagues([now]) for of_leagues in TABLES_OF_LEAGUES]
    tables.append(measurement.measurement_error([now], population))
    tables.append(improvement.score_changes([before, now], compared(*now.metrics)))
    content = hashlib.sha256()
    for found in tables:
        content.update(found.to_pandas().to_csv(index=False).encode())
    return content.hexdigest()
