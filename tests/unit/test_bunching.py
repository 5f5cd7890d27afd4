"""Steps of waiting lists at a standard: a list with a step beside one without, a fit in plain loops, and laws."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.statistics import bunching

examples = settings(max_examples=60, derandomize=True, deadline=None, database=None)
LEVELS = pd.DataFrame({"decision": ["steep_least_patients", "steep_z", "steep_odds_ratio"], "value": [40, 4, 1.25]})
STANDARD = {
    "standard": "at 18",
    "publication": "rtt",
    "part": "Part_2",
    "weeks": 18,
    "weeks_fitted": 5,
    "weeks_filled": 5,
    "weeks_published": 40,
    "placebo_from": 8,
    "placebo_to": 30,
    "apart_from": 17,
    "apart_to": 19,
}

weeks_of_lists = st.lists(st.lists(st.integers(30, 900), min_size=12, max_size=12), min_size=3, max_size=8).map(
    lambda rows: np.array(rows, float)
)


def lists(providers: int, weeks: int = 40) -> np.ndarray:
    """Lists that fall from week to week, with chance in the counts alone."""
    level = np.linspace(300, 900, providers)[:, None] * np.exp(-0.04 * np.arange(weeks))
    return np.random.default_rng(5).poisson(level)


def waited(weeks: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quarter": "2025-26-Q4",
            "publication": "rtt",
            "part": "Part_2",
            "provider_code": [f"R{i:02}" for i in range(len(weeks))],
            "weeks": weeks.tolist(),
        }
    )


def found(weeks: np.ndarray, **changed: int) -> pd.DataFrame:
    standards = pd.DataFrame([STANDARD | changed])
    return bunching.steep_standards(waited(weeks), standards, LEVELS).to_pandas()


def z_by_hand(weeks: np.ndarray, provider: int, cut: int) -> tuple[float, float]:
    """z and odds ratio by the normal equations of a weighted fit, with its intercept."""
    rest = weeks.sum(axis=0) - weeks[provider]
    around = [week for week in range(cut - 6, cut + 6) if week not in (cut - 1, cut)]
    points = [(week, log(weeks[provider, week] / rest[week]), weeks[provider, week]) for week in around]
    s0, s1, s2 = (sum(w * x**k for x, _, w in points) for k in range(3))
    t0, t1 = (sum(w * x**k * y for x, y, w in points) for k in range(2))
    slope = (s0 * t1 - s1 * t0) / (s0 * s2 - s1 * s1)
    intercept = (t0 - slope * s1) / s0
    expected = [rest[week] * exp(intercept + slope * week) for week in (cut - 1, cut)]
    share = expected[0] / sum(expected)
    within, over = weeks[provider, cut - 1], weeks[provider, cut]
    both = within + over
    return (within - both * share) / sqrt(both * share * (1 - share)), (within / over) / (expected[0] / expected[1])


@examples
@given(weeks_of_lists)
def test_step_is_that_of_a_fit_by_hand(weeks: np.ndarray) -> None:
    ours = bunching.steps_at(weeks, 6, 5, 5, 40)
    assert ours.tested.all()
    by_hand = [z_by_hand(weeks, i, 6) for i in range(len(weeks))]
    assert ours.z.tolist() == pytest.approx([z for z, _ in by_hand], rel=1e-6, abs=1e-6)
    assert ours.odds_ratio.tolist() == pytest.approx([ratio for _, ratio in by_hand], rel=1e-6)


@examples
@given(weeks_of_lists, st.integers(0, 11))
def test_order_of_providers_and_weeks_far_away_change_nothing(weeks: np.ndarray, week: int) -> None:
    ours = bunching.steps_at(weeks, 6, 3, 3, 40)
    turned = bunching.steps_at(weeks[::-1], 6, 3, 3, 40)
    assert turned.z.tolist() == pytest.approx(ours.z[::-1].tolist())
    other = weeks.copy()
    other[:, week] = 0
    if week < 2 or week > 9:
        assert bunching.steps_at(other, 6, 3, 3, 40).z.tolist() == ours.z.tolist()
    else:
        assert not bunching.steps_at(other, 6, 3, 3, 40).tested.any()


def test_lists_without_a_step_are_not_steep_and_chance_is_the_null() -> None:
    table = found(lists(60))
    assert len(table) == 60 and not table["steep"].any()
    assert float(table["placebo_deviation"].iloc[0]) == pytest.approx(1, abs=0.1)
    assert set(table["placebo_cuts"]) == {20} and set(table["placebo_flags"].astype(float)) == {0.0}


def test_who_moves_patients_across_the_standard_is_steep_and_nobody_else() -> None:
    weeks = lists(60)
    moved = weeks[40, 18] // 2
    weeks[40, 17], weeks[40, 18] = weeks[40, 17] + moved, weeks[40, 18] - moved
    table = found(weeks).set_index("provider_code")
    assert table.index[table["steep"]].tolist() == ["R40"]
    row = table.loc["R40"]
    assert (row["just_within"], row["just_over"]) == (weeks[40, 17], weeks[40, 18])
    assert float(row["odds_ratio"]) > 2 and float(row["expected_within"]) < row["just_within"]


def test_step_the_other_way_and_small_step_of_a_long_list_are_not_steep() -> None:
    weeks = lists(60)
    weeks[40, 17], weeks[40, 18] = weeks[40, 17] - 100, weeks[40, 18] + 100
    weeks[50] = 20_000 * np.exp(-0.04 * np.arange(40))
    weeks[50, 17] = weeks[50, 17] * 1.15
    table = found(weeks).set_index("provider_code")
    z, odds_ratio = table["z"].astype(float), table["odds_ratio"].astype(float)
    assert not table["steep"].any()
    assert z["R50"] > 4 and odds_ratio["R50"] == pytest.approx(1.15, abs=0.02) and z["R40"] < -4


def test_short_lists_and_lists_with_an_empty_week_are_not_tested() -> None:
    weeks = lists(60)
    weeks[1, 20], weeks[2, 17:19], weeks[3, 17:19], weeks[4, 24] = 0, (20, 19), (20, 20), 0
    tested = set(found(weeks)["provider_code"])
    assert {"R01", "R02"} & tested == set() and {"R03", "R04"} <= tested
    assert "R04" not in set(found(weeks, weeks_filled=6)["provider_code"])


def test_placebo_flags_count_steps_where_no_standard_is() -> None:
    weeks = lists(60)
    weeks[7, 24], weeks[7, 25] = weeks[7, 24] + 150, weeks[7, 25] - 100
    table = found(weeks)
    assert set(table["placebo_flags_most"]) == {1} and set(table["placebo_flags"].astype(float)) == {0.05}


def test_nothing_to_test_is_an_empty_table() -> None:
    assert found(lists(60)[:, :]).shape[0] == 60
    assert found(lists(1)).empty  # nobody else is England
    assert bunching.steep_standards(waited(lists(2)).head(0), pd.DataFrame([STANDARD]), LEVELS).num_rows == 0
