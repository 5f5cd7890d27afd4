"""XmR charts against numbers worked by hand and against another writing of the same rules, point by point."""

import itertools
import random
from decimal import Decimal
from statistics import fmean
from typing import Any

import pandas as pd
import pytest

from orchestration.statistics.series import COLUMNS, OF_DENOMINATORS, control_limits, limits_of_denominators

RULES = ("outside_limits", "shift", "trend", "two_of_three")
SIDES = (1, -1)


def months(values: list[float | None], **other: object) -> pd.DataFrame:
    """A series from April 2021 on; a month without a value is not there."""
    rows = [
        {"quarter": "2025-26-Q2", "metric_id": "M", "measure": "m", "organisation_code": "RAA", "phase": 1}
        | {"month": pd.Timestamp(2021 + (3 + n) // 12, (3 + n) % 12 + 1, 1), "value": value, **other}
        for n, value in enumerate(values)
        if value is not None
    ]
    return pd.DataFrame(
        rows, columns=["quarter", "metric_id", "measure", "organisation_code", "phase", "month", "value"]
    )


def charted(values: list[float | None]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = control_limits(months(values)).to_pylist()
    return rows


def told(values: list[float | None], rule: str) -> list[int]:
    return [row[rule] for row in charted(values)]


def test_limits_are_those_worked_by_hand() -> None:
    """Mean 50; moving ranges 6, 9, 4, 2, 4 have the mean 5; 2.66 x 5 = 13.3."""
    first = charted([51, 45, 54, 50, 48, 52])[0]
    assert (first["mean"], first["moving_range"]) == (Decimal("50.000000"), Decimal("5.000000"))
    assert (first["lower_limit"], first["upper_limit"]) == (Decimal("36.700000"), Decimal("63.300000"))
    assert (first["points"], first["limits"]) == (6, "trial")


def test_moving_range_far_from_the_mean_is_screened_and_its_point_is_outside() -> None:
    """Ranges: ten of 1 and two of 20 have the mean 50 / 12; 3.267 times that is 13.6, so that both of 20 go, and what
    is left has the mean 1."""
    values = [10.0, 11, 10, 11, 10, 30, 10, 11, 10, 11, 10, 11, 10]
    rows = charted(values)
    assert rows[0]["moving_range"] == Decimal(1)
    assert rows[0]["upper_limit"] == (Decimal(155) / 13 + Decimal("2.66")).quantize(Decimal("0.000001"))
    assert [row["outside_limits"] for row in rows] == [0] * 5 + [1] + [0] * 7


def test_range_of_so_many_means_is_screened() -> None:
    """Beside four ranges of 1, 7.54 is less than 3.267 means of the five, and 7.55 is not."""
    assert charted([0, 1, 0, 1, 0, 7.54])[0]["moving_range"] == Decimal("2.308")
    assert charted([0, 1, 0, 1, 0, 7.55])[0]["moving_range"] == 1


def test_one_step_alone_is_not_screened() -> None:
    """Twenty-three months of 50 and one of 60: without its two ranges no month could differ from the mean."""
    rows = charted([50.0] * 11 + [60] + [50.0] * 12)
    assert rows[0]["moving_range"] == (Decimal(20) / 23).quantize(Decimal("0.000001"))
    assert [row["outside_limits"] for row in rows] == [0] * 11 + [1] + [0] * 12
    assert told([5.0] * 12, "outside_limits") == [0] * 12


@pytest.mark.parametrize(("points", "limits"), [(1, "none"), (5, "none"), (6, "trial"), (11, "trial"), (12, "full")])
def test_limits_of_few_points_are_trial_and_of_fewer_there_are_none(points: int, limits: str) -> None:
    rows = charted([float(n % 3) for n in range(points)])
    assert {row["limits"] for row in rows} == {limits}
    assert (rows[0]["upper_limit"] is None) == (limits == "none")


@pytest.mark.parametrize("points", range(2, 5))
def test_of_up_to_four_points_none_could_lie_outside(points: int) -> None:
    """Why they have no limits: the farthest a month can be from the mean is within 2.66 mean ranges."""
    chance = random.Random(points)
    for _ in range(1_000):
        values = [chance.paretovariate(0.5) for _ in range(points)]
        width = 2.66 * fmean(abs(b - a) for a, b in itertools.pairwise(values))
        assert all(abs(one - fmean(values)) <= width for one in values)


def test_seven_points_on_one_side_are_a_shift_and_six_are_none() -> None:
    low, high = [1.0, 3.0], [11.0, 13.0]
    assert told(low * 4 + high * 3 + high[:1], "shift") == [-1] * 8 + [1] * 7
    assert told(low * 4 + high * 3, "shift") == [-1] * 8 + [0] * 6


def test_point_on_the_mean_is_on_no_side() -> None:
    assert told([5.0] * 20, "shift") == [0] * 20
    assert told([4.0, 6, 4, 5, 4, 6, 4, 6, 5, 6], "shift") == [0] * 10


def test_seven_points_in_one_direction_are_a_trend_and_six_are_none() -> None:
    assert told([5.0, 1, 2, 3, 4, 5, 6, 7, 6], "trend") == [0] + [1] * 7 + [0]
    assert told([5.0, 1, 2, 3, 4, 5, 6, 5], "trend") == [0] * 8
    assert told([7.0, 6, 5, 4, 3, 2, 1], "trend") == [-1] * 7
    assert told([1.0, 2, 3, 4, 4, 5, 6, 7], "trend") == [0] * 8


def test_two_of_three_beyond_a_near_limit() -> None:
    """Mean 13.2 and mean moving range 2.8: the near limits lie 4.97 away, the limits 7.45."""
    rows = charted([12.0, 14] * 4 + [12, 19, 14, 19] + [12, 12, 12])
    middle, width = float(rows[0]["mean"]), float(rows[0]["moving_range"]) * 2.66
    near = [abs(v - middle) > width * 2 / 3 for v in [12.0, 14] * 4 + [12, 19, 14, 19, 12, 12, 12]]
    assert near == [False] * 9 + [True, False, True] + [False] * 3
    assert [row["two_of_three"] for row in rows] == [0] * 9 + [1, 0, 1] + [0] * 3


def test_gap_makes_no_range_and_ends_every_run() -> None:
    values: list[float | None] = [1.0, 2, 3, 4, None, 5, 6, 7]
    assert told(values, "trend") == [0] * 7
    assert charted(values)[0]["moving_range"] == 1
    assert charted([1.0, None, 9.0, None, 5.0])[0]["limits"] == "none"
    assert told([1.0, 1, 1, 1, None, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9], "shift")[:7] == [0] * 7


def test_phases_and_series_have_limits_of_their_own() -> None:
    frames = [months([1.0, 2, 1]), months([9.0, 9], phase=2), months([4.0, 8], organisation_code="RBB")]
    found = control_limits(pd.concat(frames)).to_pandas()
    means = found.groupby(["organisation_code", "phase"])["mean"].first().astype(float).round(6)
    assert means.to_dict() == {("RAA", 1): 1.333333, ("RAA", 2): 9.0, ("RBB", 1): 6.0}
    assert found["points"].tolist() == [3, 3, 3, 2, 2, 2, 2]


def test_order_of_rows_changes_nothing_and_no_row_is_a_table_too() -> None:
    rows = months([random.Random(1).random() for _ in range(30)])
    assert control_limits(rows.sample(frac=1, random_state=3)).equals(control_limits(rows))
    assert control_limits(rows.head(0)).schema == control_limits(rows).schema
    assert control_limits(rows.head(0)).column_names == list(COLUMNS)


def written_again(values: list[float | None]) -> list[tuple[int, ...]]:
    """The rules once more, in words of Making Data Count, one point at a time."""
    there = [(n, v) for n, v in enumerate(values) if v is not None]
    middle = fmean(v for _, v in there)
    steps = [abs(b - a) for (m, a), (n, b) in itertools.pairwise(there) if n == m + 1]
    kept = [step for step in steps if steps and step < 3.267 * fmean(steps)]
    width = 2.66 * fmean(kept if any(kept) else steps) if steps else 0

    def window(end: int, size: int) -> list[float] | None:
        found = values[max(end - size + 1, 0) : end + 1]
        return [v for v in found if v is not None] if len(found) == size and None not in found else None

    points = []
    for n, v in there:
        outside = (v > middle + width) - (v < middle - width)
        shift = trend = pair = 0
        for sign in SIDES:
            for end in range(n, n + 7):
                if end < len(values) and (seven := window(end, 7)):
                    if all(sign * (one - middle) > 0 for one in seven):
                        shift = sign
                    if all(sign * (b - a) > 0 for a, b in itertools.pairwise(seven)):
                        trend = sign
            for end in range(n, n + 3):
                three = window(end, 3) if end < len(values) else None
                near = [sign * (one - middle) > width * 2 / 3 for one in [v, *(three or ())]]
                if near[0] and sum(near[1:]) >= 2:
                    pair = sign
        points.append((outside, shift, trend, pair))
    return points


def wandering(seed: int) -> list[float | None]:
    """A series that breaks rules now and then, with gaps and with slopes."""
    chance, level, values = random.Random(seed), 50.0, list[float | None]()
    for n in range(chance.choice([14, 30, 60])):
        level += 2 if seed % 4 == 0 and n % 20 < 8 else chance.choice([0, 0, 0, 0.8, -0.8, 4, -4]) * chance.random()
        values.append(None if chance.random() < 0.04 else round(level + chance.gauss(0, 1.5 if seed % 4 else 0.2), 2))
    return values if seed % 8 else [v and 200 - v for v in values]


@pytest.mark.parametrize("seed", range(40))
def test_every_point_agrees_with_another_writing(seed: int) -> None:
    values = wandering(seed)
    assert [tuple(row[rule] for rule in RULES) for row in charted(values)] == written_again(values)


def test_series_of_the_comparison_break_every_rule_on_both_sides() -> None:
    seen = {(rule, row[rule]) for seed in range(40) for row in charted(wandering(seed)) for rule in RULES}
    assert seen == {(rule, sign) for rule in RULES for sign in (-1, 0, 1)}


def test_limits_of_denominators_are_those_of_any_series() -> None:
    """A flat series that moves once has limits about that move, not of no width: only the month that moved is out. A
    jump that alone is large is screened, so that the months before it are out, too. A level that stays is out on both
    sides, a series of fewer than six months has no limits, and two frameworks have a series each."""
    series = {
        "FLAT": [1000.0, 1000, 1000, 1000, 1000, 1200],
        "JUMPS": [1000, 1010, 1000, 1010, 1000, 2000],
        "STAYS": [1000, 1010, 1000, 700, 705, 700],
        "WILD": [1000, 1500, 1000, 1500, 1000, 1500],
        "FEW": [500, 500, 500, 500, 5000],
    }
    frames = [
        months(list(values), organisation_code=code)
        .drop(columns=["measure", "phase"])
        .rename(columns={"value": "denominator"})
        .assign(framework=framework)
        for framework in ("f", "g")
        for code, values in series.items()
    ]
    found = limits_of_denominators(pd.concat(frames))
    assert found.column_names == list(OF_DENOMINATORS) and found.num_rows == 58
    rows = found.to_pandas().query("framework == 'f'").groupby("organisation_code")
    assert rows["limits"].first().to_dict() == dict.fromkeys(series, "trial") | {"FEW": "none"}
    assert rows["outside_limits"].agg(list).to_dict() == {
        "FLAT": [0, 0, 0, 0, 0, 1],
        "JUMPS": [-1, -1, -1, -1, -1, 1],
        "STAYS": [1, 1, 1, -1, -1, -1],
        "WILD": [0, 0, 0, 0, 0, 0],
        "FEW": [0, 0, 0, 0, 0],
    }
