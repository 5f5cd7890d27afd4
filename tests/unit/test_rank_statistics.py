"""What a rank hides, as laws: what holds for any league, and oracles in exact fractions or plain counting.

Belongs here: generated leagues, populations and pairs of quarters. Does not: figures known beforehand (unit)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise, permutations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from orchestration.statistics import (
    improvement,
    leagues,
    measurement,
    method_choices,
    numbers,
    ranges,
    rank_sets,
    robustness,
)
from orchestration.statistics.improvement import CAUSES
from orchestration.statistics.leagues import SCORE, League
from tests.oracle import half_up
from tests.unit.test_statistics import (
    BEFORE,
    QUARTER,
    TABLES_OF_LEAGUES,
    a_league,
    a_population,
    compared,
    frames,
    ranks_by_counting,
    scores_by_the_rule,
    segment_after_override,
)

examples = settings(max_examples=100, derandomize=True, deadline=None, database=None)
fewer = settings(examples, max_examples=30)
fewest = settings(examples, max_examples=12, phases=(Phase.generate,))  # each is slow: not made smaller on failure


# What is generated: few distinct scores, so that ties, halves and cuts are common.


def ranked_again(league: League, **changed: Any) -> League:
    found = replace(league, **changed)
    found = replace(found, averages=found.weighed(found.weights))
    return replace(found, ranks=found.place(found.averages))


@st.composite
def some_leagues(
    draw: st.DrawFn,
    *,
    organisations: tuple[int, int] = (1, 7),
    metrics: tuple[int, int] = (1, 5),
    steps: Sequence[int] = (1, 2, 3, 4, 7, 12, 40),
    weights: Sequence[int] = (3, 3, 1),
    **about: Any,
) -> League:
    """Scores on the grids of scoring populations; everybody holds one at least, some are flagged, some averages are a
    cut."""
    count, wide = draw(st.integers(*organisations)), draw(st.integers(*metrics))
    grid = [draw(st.sampled_from(steps)) for _ in range(wide)]
    rows = []
    for _ in range(count):
        row = [1 + Fraction(3 * draw(st.integers(0, step)), step) for step in grid]
        held = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=wide, max_size=wide))
        held[draw(st.integers(0, wide - 1))] = True
        rows.append([score if is_held else None for score, is_held in zip(row, held, strict=True)])
    found = a_league(
        rows,
        weights=[draw(st.sampled_from(weights)) for _ in range(wide)],
        floors=[draw(st.sampled_from([0, 0, 3, 4])) for _ in range(count)],
        domains=[draw(st.sampled_from(["access", "finance"])) for _ in range(wide)],
        **about,
    )
    unknown = np.array(draw(st.lists(st.booleans(), min_size=wide, max_size=wide)))
    cut = st.sampled_from(found.averages.tolist()) | st.integers(100, 400)
    return ranked_again(
        found,
        values=np.where(found.held & ~unknown, found.values, np.nan),
        cuts=np.array(sorted(draw(st.tuples(cut, cut, cut)))),
    )


@st.composite
def two_quarters(draw: st.DrawFn) -> tuple[League, League]:
    """A league and that of the quarter before, under other cuts and flags; some came, some left."""
    wide = draw(st.integers(1, 4))
    codes = st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=5, unique=True).map(sorted)
    states = []
    for quarter in (BEFORE, QUARTER):
        own = draw(codes)
        size = (len(own), len(own))
        drawn = draw(some_leagues(organisations=size, metrics=(wide, wide), steps=(2, 3), quarter=quarter, codes=own))
        states.append(drawn)
    before, now = states
    return before, ranked_again(now, weights=before.weights)


@st.composite
def some_populations(draw: st.DrawFn) -> pd.DataFrame:
    """A scoring population, ties and values on the threshold among it."""
    values = st.integers(-8, 8).map(lambda quarters: quarters / 4)
    return a_population(
        draw(st.lists(values, min_size=1, max_size=12)),
        threshold=draw(st.sampled_from([None, "standard", "floor"])),
        polarity=draw(st.sampled_from(["higher", "lower"])),
        standard=draw(values),
        floor=draw(values),
    )


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    found: bytes = sink.getvalue().to_pybytes()
    return found


def assert_competition_ranks(ranks: Sequence[int]) -> None:
    """1 first; then the same as before, or as many as come before and one."""
    for place, (rank, following) in enumerate(pairwise([0, *sorted(ranks)])):
        assert following == (rank if rank and following == rank else place + 1)


# Arithmetic.


@examples
@given(
    half_hundredths=st.integers(200, 800),
    nudge=st.sampled_from([-51, -50, -49, -1, 0, 1]),
    weight=st.integers(1, 66),
    rest=st.integers(0, 65),
)
def test_averages_equal_the_oracle(half_hundredths: int, nudge: int, weight: int, rest: int) -> None:
    total = weight * (half_hundredths * SCORE // 200 + nudge) + rest % weight
    expected = half_up(half_up(Fraction(total, weight * SCORE), 8), 2) * 100
    assert leagues.weighted_averages(np.array([total]), np.array([weight]))[0] == expected


@examples
@given(keys=st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_ranks_are_those_of_a_competition(keys: list[int]) -> None:
    ranks = numbers.competition_ranks(np.array([keys, keys[::-1]])).tolist()
    assert ranks[0] == ranks[1][::-1] == ranks_by_counting(keys)
    assert_competition_ranks(ranks[0])


@examples
@given(parts=st.lists(st.fractions(Fraction(1, 12), 3, max_denominator=12), min_size=1, max_size=6))
def test_weights_of_twelve_decimals_keep_their_proportions(parts: list[Fraction]) -> None:
    whole = leagues.whole_weights([float(round(part, 12)) for part in parts]).tolist()
    assert all(Fraction(weight, whole[0]) == part / parts[0] for weight, part in zip(whole, parts, strict=True))


@examples
@given(draws=st.lists(st.integers(0, 20), min_size=1, max_size=200), level=st.sampled_from([0.5, 0.9, 0.95]))
def test_an_interval_leaves_out_no_more_than_its_tails(draws: list[int], level: float) -> None:
    low, high = numbers.limits(np.array(draws), level)
    tail = (1 - Fraction(str(level))) / 2 * len(draws)
    assert low in draws and high in draws
    below, above = (sum(draw < low for draw in draws), sum(draw > high for draw in draws))
    assert max(below, above) <= tail
    assert sum(draw <= low for draw in draws) >= tail and sum(draw >= high for draw in draws) >= tail


@examples
@given(league=some_leagues(), constant=st.integers(-100, 500))
def test_a_constant_added_to_all_scores_moves_nobody_by_average(league: League, constant: int) -> None:
    raised = replace(league, scores=np.where(league.held, league.scores + constant * (SCORE // 100), 0))
    averages = raised.weighed(raised.weights)
    assert (averages == league.averages + constant).all()
    assert (numbers.competition_ranks(averages) == numbers.competition_ranks(league.averages)).all()


@examples
@given(league=some_leagues())
def test_places_equal_the_oracle_and_are_those_of_a_competition(league: League) -> None:
    keys = [(segment_after_override(league, i, average), average) for i, average in enumerate(league.averages)]
    assert league.ranks.tolist() == ranks_by_counting(keys)
    assert_competition_ranks(league.ranks.tolist())


# Every table.


ENDS = (("low", "best"), ("high", "worst"))


def tables(
    leagues_in_statistics: pd.DataFrame,
    league_ranks: pd.DataFrame,
    scores: pd.DataFrame,
    measured: pd.DataFrame,
    metrics: pd.DataFrame,
) -> list[bytes]:
    found = leagues.read(leagues_in_statistics, league_ranks, scores)
    now = [league for league in found if league.quarter == QUARTER]
    made = [of_leagues(now) for of_leagues in TABLES_OF_LEAGUES]
    made += [measurement.measurement_error(now, measured), improvement.score_changes(found, metrics)]
    return [as_bytes(table) for table in made]


@fewest
@given(quarters=two_quarters(), seed=st.integers(0, 99))
def test_order_of_rows_does_not_change_a_byte_of_any_table(quarters: tuple[League, League], seed: int) -> None:
    before, now = quarters
    population = a_population([10 * i for i in range(1, len(now.codes) + 3)])
    population["organisation_code"] = [*now.codes, "X", "Y"]
    population["numerator"], population["denominator"] = population["value"], 200.0
    inputs = [*frames(before, now), population, compared(*now.metrics)]
    shuffled = [frame.sample(frac=1, random_state=seed) for frame in inputs]
    assert tables(*shuffled) == tables(*inputs)


@fewer
@given(league=some_leagues())
def test_every_rank_of_every_table_is_a_place_of_the_league(league: League) -> None:
    for of_leagues in (ranges.likely_ranges, rank_sets.rank_sets, method_choices.method_choices):
        for row in of_leagues([league]).to_pylist():
            low, high = (row.get(f"rank_{end}", row.get(f"{other}_rank")) for end, other in ENDS)
            assert 1 <= low <= row.get("rank_median", low) <= high <= len(league.codes)
    left_out = robustness.ranks_left_out([league]).to_pandas()
    for _, ranks in left_out.groupby("left_out")["rank"]:
        assert_competition_ranks(ranks.tolist())


# Likely ranges.


@fewer
@given(league=some_leagues())
def test_likely_ranges_hold_the_point_and_no_more_than_the_scores_allow(league: League) -> None:
    for i, row in enumerate(ranges.likely_ranges([league]).to_pylist()):
        assert row["rank_low"] <= league.ranks[i] <= row["rank_high"]
        low, high = 100 * row["average_score_low"], 100 * row["average_score_high"]
        own = [Fraction(int(score), SCORE) for score in league.scores[i, league.held[i]]]
        assert 100 * half_up(min(own), 2) <= low <= int(league.averages[i]) <= high <= 100 * half_up(max(own), 2)
        if len(set(own)) == 1:
            assert low == high and row["same_segment_share"] == 1
        assert all(0 <= row[f"{share}_share"] <= 1 for share in ("same_segment", "top_quarter", "bottom_quarter"))


@fewer
@given(league=some_leagues(organisations=(2, 7)), data=st.data())
def test_who_else_is_in_the_league_does_not_change_an_average_range(league: League, data: st.DataObject) -> None:
    chosen = sorted(data.draw(st.sets(st.integers(0, len(league.codes) - 1), min_size=1)))
    part = replace(
        league,
        codes=tuple(league.codes[i] for i in chosen),
        **{field: getattr(league, field)[chosen] for field in ("scores", "held", "values", "averages")},
        floors=np.zeros(len(chosen), np.int64),
        ranks=numbers.competition_ranks(league.averages[chosen]),
    )
    found, of_part = (ranges.likely_ranges([each]).to_pandas() for each in (league, part))
    ends = ["organisation_code", "average_score_low", "average_score_high"]
    assert of_part[ends].equals(found.loc[chosen, ends].reset_index(drop=True))


@fewer
@given(league=some_leagues(organisations=(4, 7), metrics=(2, 5)))
def test_more_metrics_of_the_same_quality_never_widen_the_ranges_on_average(league: League) -> None:
    more = replace(
        league,
        metrics=tuple(f"{metric}-{copy}" for copy in range(4) for metric in league.metrics),
        domains=league.domains * 4,
        group_of=tuple(f"{group}-{copy}" for copy in range(4) for group in league.group_of),
        weights=np.tile(league.weights, 4),
        **{field: np.tile(getattr(league, field), (1, 4)) for field in ("scores", "held", "values")},
    )

    def width(of: League) -> int:
        low, high = numbers.limits(ranges.resampled_averages(of)[0])
        return int((high - low).sum())

    assert more.weighed(more.weights).tolist() == league.averages.tolist()
    assert width(more) <= width(league)


@fewest
@given(seed=st.integers(0, 10**6), step=st.sampled_from([3, 12, 40]))
def test_four_times_as_many_drawn_metrics_narrow_the_ranges(seed: int, step: int) -> None:
    """Twelve organisations: with four times the metrics the mean width is about half, and well under four fifths."""
    scores = 1 + Fraction(3, step) * np.random.default_rng(seed).integers(0, step + 1, (12, 24))

    def width(metrics: int) -> float:
        low, high = numbers.limits(ranges.resampled_averages(a_league(scores[:, :metrics].tolist()), 2000)[0])
        return float((high - low).mean())

    assert width(24) < 0.8 * width(6)


# Rank sets.


@examples
@given(
    averages=st.lists(st.integers(100, 130).map(lambda n: n / 100), min_size=1, max_size=9),
    errors=st.lists(st.sampled_from([0.0, 0.001, 0.1, 0.5]), min_size=9, max_size=9),
)
def test_expected_ranks_add_up_and_keep_to_the_league(averages: list[float], errors: list[float]) -> None:
    count = len(averages)
    found = rank_sets.expected_ranks(np.array(averages), np.array(errors[:count]))
    assert abs(found.sum() - count * (count + 1) / 2) < 1e-9
    assert found.min() >= 1 and found.max() <= count


@fewer
@given(league=some_leagues(organisations=(1, 8), metrics=(2, 5)))
def test_rank_sets_hold_the_rank_by_average_and_bands_follow_each_other(league: League) -> None:
    rows = rank_sets.rank_sets([league]).to_pylist()
    by_average = numbers.competition_ranks(league.averages)
    assert len(rows) in (0, len(league.codes))
    for row, rank in zip(rows, by_average, strict=bool(rows)):
        assert row["best_rank"] <= rank <= row["worst_rank"]
        assert row["told_apart_from"] == row["best_rank"] - 1 + len(league.codes) - row["worst_rank"]
        assert row["may_be_in_top_quarter"] == (row["best_rank"] <= max(len(league.codes) // 4, 1))
    if rows:
        order = np.argsort(league.averages, kind="stable")
        bands = [rows[i]["band"] for i in order]
        assert bands == sorted(bands) and set(bands) == set(range(1, bands[-1] + 1))
        first_of_band = [order[bands.index(band)] for band in range(1, bands[-1] + 1)]
        for first, following in pairwise(first_of_band):
            assert any(rows[i]["worst_rank"] < len(rows) for i in np.flatnonzero(by_average == by_average[first]))
            assert any(rows[i]["best_rank"] > 1 for i in np.flatnonzero(by_average == by_average[following]))


@examples
@given(
    tenths=st.lists(st.integers(10, 40), min_size=2, max_size=6),
    errors=st.lists(st.sampled_from([0.0, 0.05, 0.3]), min_size=6, max_size=6),
    seed=st.integers(0, 99),
)
def test_pairs_told_apart_do_not_contradict_each_other(tenths: list[int], errors: list[float], seed: int) -> None:
    """Better is not also worse nor equal; half the error tells no fewer; the order of organisations does not matter."""
    chance = np.random.default_rng(seed)
    estimates, spread = np.array(tenths) / 10, np.array(errors[: len(tenths)])
    noise = chance.standard_normal((500, len(tenths)))
    better = rank_sets.told_apart(estimates, spread, noise)
    assert (estimates[:, None] > estimates[None, :])[better].all()
    assert (rank_sets.told_apart(estimates, spread / 2, noise) >= better).all()
    order = chance.permutation(len(tenths))
    shuffled = rank_sets.told_apart(estimates[order], spread[order], noise[:, order])
    assert (shuffled == better[np.ix_(order, order)]).all()
    best, worst = rank_sets.rank_limits(better)
    ranks = numbers.competition_ranks(-estimates)
    assert (best <= ranks).all() and (ranks <= worst).all()


# Robustness and method choices.


@examples
@given(league=some_leagues(metrics=(2, 5)), data=st.data())
def test_without_a_metric_the_average_is_that_of_the_others(league: League, data: st.DataObject) -> None:
    gone = np.array(data.draw(st.lists(st.booleans(), min_size=len(league.metrics), max_size=len(league.metrics))))
    found = robustness.without(league, gone)
    for i in range(len(league.codes)):
        rest = [m for m in np.flatnonzero(league.held[i]) if not gone[m]] or np.flatnonzero(league.held[i])
        weights = [int(league.weights[m]) for m in rest]
        total = sum(Fraction(int(league.scores[i, m]), SCORE) * w for m, w in zip(rest, weights, strict=True))
        assert found[i] == half_up(half_up(total / sum(weights), 8), 2) * 100


@examples
@given(league=some_leagues(steps=(1, 2, 3, 4), weights=[1]))
def test_official_choices_give_the_ranks_of_the_league(league: League) -> None:
    """Where halves are exact in six decimals."""
    exact = ranked_again(league, scores=league.scores - league.scores % (SCORE // 4))
    scores, weights = method_choices.normalised(exact)[0], method_choices.weightings(exact)[:1]
    assert method_choices.averaged(scores, weights, False)[0].tolist() == exact.averages.tolist()
    ranks = method_choices.ranks_under(exact, np.zeros((1, len(method_choices.CHOICES))))
    assert ranks[0].tolist() == exact.ranks.tolist()


@fewer
@given(league=some_leagues(), seed=st.integers(0, 99))
def test_ranks_under_any_method_are_those_of_a_competition(league: League, seed: int) -> None:
    design = np.random.default_rng(seed).random((60, len(method_choices.CHOICES)))
    design[0] = 1
    for ranks in method_choices.ranks_under(league, design).tolist():
        assert_competition_ranks(ranks)


@examples
@given(league=some_leagues(organisations=(2, 8)), values=st.lists(st.integers(-5, 5), min_size=40, max_size=40))
def test_no_normalisation_puts_a_worse_value_before_a_better(league: League, values: list[int]) -> None:
    drawn = np.array(values).reshape(8, 5)[: len(league.codes), : len(league.metrics)]
    league = replace(league, values=np.where(np.isnan(league.values), np.nan, drawn))
    _, *others = method_choices.normalised(league)
    for found in others:
        assert ((found >= 1) & (found <= 4))[league.held].all()
        for m in range(len(league.metrics)):
            rows = np.flatnonzero(~np.isnan(league.values[:, m]))
            if len(set(league.values[rows, m])) > 1:
                order = rows[np.argsort(league.values[rows, m], kind="stable")]
                assert all(found[i, m] <= found[j, m] + 1e-12 for i, j in pairwise(order))


# Measurement.


@examples
@given(population=some_populations())
def test_scores_of_values_equal_the_oracle(population: pd.DataFrame) -> None:
    values = population["value"].to_numpy()
    found = measurement.rescored(np.array([values, values[::-1]]), population.iloc[0])
    expected = scores_by_the_rule(values.tolist(), population.iloc[0].to_dict())
    for score, reversed_score, exact in zip(found[0], found[1][::-1], expected, strict=True):
        assert score == reversed_score and abs(Fraction(float(score)) - exact) <= Fraction(1, 10**10)


@fewer
@given(population=some_populations(), data=st.data())
def test_without_chance_the_scores_and_ranks_are_those_of_the_league(
    population: pd.DataFrame, data: st.DataObject
) -> None:
    scores = scores_by_the_rule(population["value"].tolist(), population.iloc[0].to_dict())
    other = [1 + Fraction(data.draw(st.integers(0, 3))) for _ in scores]
    size = data.draw(st.integers(1, len(scores)))
    floors = [data.draw(st.sampled_from([0, 0, 3])) for _ in range(size)]
    league = a_league([*zip(scores[:size], other, strict=False)], weights=[3, 1], floors=floors)
    averages, drawn = measurement.measured_averages(league, population, 3)
    ranks = league.place(averages)
    assert (ranks == league.ranks).all() and not drawn.any()


@fewest
@given(
    whole=st.lists(st.integers(1, 99), min_size=2, max_size=8, unique=True),
    threshold=st.sampled_from([None, "standard", "floor"]),
)
def test_counts_without_end_leave_the_ranks_of_the_league(whole: list[int], threshold: str | None) -> None:
    population = a_population(whole, threshold=threshold, polarity="higher", standard=49.5, floor=49.5)
    population["numerator"], population["denominator"] = population["value"] * 10**10, 100.0 * 10**10
    scores = scores_by_the_rule(whole, population.iloc[0].to_dict())
    league = a_league([[score] for score in scores])
    averages, drawn = measurement.measured_averages(league, population, 40)
    ranks = league.place(averages)
    assert (ranks == league.ranks).all() and drawn.all()


# Improvement.


def own_average(before: League, now: League, code: str, comparable: set[str], states: dict[str, int]) -> int:
    """In hundredths, metric by metric in fractions."""
    sets = [
        {
            metric: (Fraction(int(league.scores[i, m]), SCORE), int(league.weights[m]))
            for m, metric in enumerate(league.metrics)
            if league.held[i, m]
        }
        for league in (before, now)
        for i in [league.codes.index(code)]
    ]
    held, other = sets[states["own_metrics"]], sets[states["own_scores"]]
    scores = {m: other[m][0] if m in comparable and m in sets[0] and m in sets[1] else held[m][0] for m in held}
    mean = sum(scores[m] * held[m][1] for m in held) / sum(weight for _, weight in held.values())
    return int(half_up(half_up(mean, 8), 2) * 100)


def places_by_every_order(before: League, now: League, code: str, comparable: set[str]) -> dict[str, Fraction]:
    """Causes put from before to now one by one, in each of the 120 orders."""
    averages = [dict(zip(league.codes, league.averages.tolist(), strict=True)) for league in (before, now)]
    flags = [dict(zip(league.codes, league.floors.tolist(), strict=True)) for league in (before, now)]
    flags = [{**flags[1 - state], **flags[state]} for state in (0, 1)]
    cuts = [before.cuts.tolist(), now.cuts.tolist()]

    @cache
    def rank(*now_of: int) -> int:
        states = dict(zip(CAUSES, now_of, strict=True))

        def key(who: str, average: int) -> tuple[int, int]:
            segment = 1 + sum(average > cut for cut in cuts[states["cut_points"]])
            return max(segment, flags[states["override"]][who]), average

        own = key(code, own_average(before, now, code, comparable, states))
        others = averages[states["others"]].items()
        return 1 + sum(key(who, average) < own for who, average in others if who != code)

    places = dict.fromkeys(CAUSES, Fraction(0))
    for order in permutations(CAUSES):
        states = dict.fromkeys(CAUSES, 0)
        for cause in order:
            old = rank(*states.values())
            states[cause] = 1
            places[cause] += Fraction(old - rank(*states.values()), factorial(len(CAUSES)))
    return places


@examples
@given(quarters=two_quarters())
def test_places_by_cause_equal_every_order_and_add_up(quarters: tuple[League, League]) -> None:
    before, now = quarters
    comparable = set(now.metrics[::2])
    found = improvement.places_by_cause(before, now, comparable)
    for i, code in enumerate(now.codes):
        if code in before.codes:
            expected = places_by_every_order(before, now, code, comparable)
            assert all(abs(found[cause][i] - places) < 1e-9 for cause, places in expected.items())
            moved = before.ranks[before.codes.index(code)] - now.ranks[i]
            assert abs(sum(places[i] for places in found.values()) - moved) < 1e-9
        else:
            assert all(np.isnan(places[i]) for places in found.values())


@examples
@given(quarters=two_quarters())
def test_the_way_back_takes_the_same_places(quarters: tuple[League, League]) -> None:
    before, now = quarters
    some = set(now.metrics[::2])
    there, back = improvement.places_by_cause(before, now, some), improvement.places_by_cause(now, before, some)
    for code in set(before.codes) & set(now.codes):
        i, j = now.codes.index(code), before.codes.index(code)
        assert all(abs(there[cause][i] + back[cause][j]) < 1e-9 for cause in CAUSES)


@examples
@given(quarters=two_quarters())
def test_changes_are_those_of_who_was_ranked_twice(quarters: tuple[League, League]) -> None:
    """Weighted mean of exact differences over the metrics of both; q no smaller than p; p where an interval is."""
    before, now = quarters
    rows = improvement.score_changes([before, now], compared(*now.metrics)).to_pylist()
    assert [row["organisation_code"] for row in rows] == [code for code in now.codes if code in before.codes]
    for row in rows:
        i, j = now.codes.index(row["organisation_code"]), before.codes.index(row["organisation_code"])
        both = [m for m in range(len(now.metrics)) if now.held[i, m] and before.held[j, m]]
        weights = [int(now.weights[m]) for m in both]
        changes = [Fraction(int(now.scores[i, m] - before.scores[j, m]), SCORE) for m in both]
        assert row["metrics_compared"] == len(both)
        assert (row["change"] is None) == (not both)
        if both:
            mean = sum(w * change for w, change in zip(weights, changes, strict=True)) / sum(weights)
            assert abs(Fraction(row["change"]) - mean) <= Fraction(501, 10**6)
        tested = len(both) >= 3
        assert {row[name] is not None for name in ("change_low", "change_high", "p_value", "q_value")} == {tested}
        if tested:
            assert (
                row["change_low"] <= row["change"] <= row["change_high"] and 0 <= row["p_value"] <= row["q_value"] <= 1
            )
