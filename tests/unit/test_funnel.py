"""The funnel of proportions against hand arithmetic in plain loops, and what holds of any funnel."""

from __future__ import annotations

from math import asin, sqrt
from statistics import NormalDist, quantiles

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.statistics import funnel

examples = settings(max_examples=100, derandomize=True, deadline=None, database=None)
LEVELS = pd.DataFrame({"decision": ["funnel_winsorised", "other"], "value": [0.1, 7]})

lists = st.lists(
    st.integers(100, 20_000).flatmap(lambda total: st.tuples(st.integers(1, total - 1), st.just(total))),
    min_size=10,
    max_size=40,
)


def by_hand(pairs: list[tuple[int, int]]) -> tuple[float, float, list[float]]:
    """Phi, tau squared and adjusted z after Spiegelhalter (2005), one organisation after the other."""
    centre = asin(sqrt(sum(r for r, _ in pairs) / sum(n for _, n in pairs)))
    z = [(asin(sqrt(r / n)) - centre) * 2 * sqrt(n) for r, n in pairs]
    tenths = quantiles(z, n=10, method="inclusive")  # type 7
    phi = sum(min(max(one, tenths[0]), tenths[-1]) ** 2 for one in z) / len(z)
    weights = [4 * n for _, n in pairs]
    excess = len(z) * phi - (len(z) - 1)
    tau_squared = max(0.0, excess / (sum(weights) - sum(w * w for w in weights) / sum(weights)))
    return phi, tau_squared, [(asin(sqrt(r / n)) - centre) / sqrt(1 / (4 * n) + tau_squared) for r, n in pairs]


def found(pairs: list[tuple[int, int]]) -> funnel.Funnel:
    events, totals = np.array(pairs, float).T
    return funnel.funnel(events, totals, 0.1)


@examples
@given(lists)
def test_funnel_is_that_of_hand_arithmetic(pairs: list[tuple[int, int]]) -> None:
    ours = found(pairs)
    phi, tau_squared, z = by_hand(pairs)
    assert ours.phi == pytest.approx(phi, rel=1e-9)
    assert ours.tau == pytest.approx(sqrt(tau_squared), rel=1e-6, abs=1e-9)
    assert ours.z == pytest.approx(z, rel=1e-6, abs=1e-9)


@examples
@given(lists)
def test_who_is_above_is_below_when_the_rest_are_counted(pairs: list[tuple[int, int]]) -> None:
    ours, mirrored = found(pairs), found([(n - r, n) for r, n in pairs])
    assert mirrored.z == pytest.approx(-ours.z, rel=1e-6, abs=1e-9)
    assert (mirrored.phi, mirrored.tau) == (pytest.approx(ours.phi), pytest.approx(ours.tau, abs=1e-9))


@examples
@given(lists)
def test_over_dispersion_only_draws_to_the_centre(pairs: list[tuple[int, int]]) -> None:
    ours = found(pairs)
    assert (np.abs(ours.z) <= np.abs(ours.z_sampling_only) + 1e-9).all()
    assert (np.sign(ours.z) == np.sign(ours.z_sampling_only)).all()


def test_chance_alone_is_no_over_dispersion() -> None:
    chance = np.random.default_rng(1)
    totals = np.full(200, 400.0)
    ours = funnel.funnel(chance.binomial(400, 0.5, 200).astype(float), totals, 0.1)
    assert ours.phi < 1.1 and ours.tau < 0.01
    assert funnel.funnel(np.full(10, 50.0), np.full(10, 100.0), 0.1).tau == 0


def test_two_change_places_as_often_as_normal_theory_says() -> None:
    events, totals = np.array([600.0, 570.0]), np.array([1000.0, 1000.0])
    chance = np.random.default_rng(2).standard_normal((40_000, 2))
    values, errors = funnel.scaled(events, totals)
    drawn = values + errors * chance
    expected = NormalDist().cdf((asin(sqrt(0.6)) - asin(sqrt(0.57))) / sqrt(2 / 4000))
    assert (drawn[:, 0] > drawn[:, 1]).mean() == pytest.approx(expected, abs=0.01)
    assert [limit.tolist() for limit in funnel.ranks_by_chance(events, totals, chance)] == [[1, 2], [1, 1], [2, 2]]


def test_ranks_that_chance_cannot_change_are_certain_and_equal_shares_share_a_rank() -> None:
    events, totals = np.array([100.0, 9000.0, 200.0, 100.0]), np.array([10_000.0, 10_000.0, 400.0, 200.0])
    chance = np.random.default_rng(3).standard_normal((2000, 4))
    ranks, low, high = funnel.ranks_by_chance(events, totals, chance)
    assert (ranks.tolist(), low.tolist(), high.tolist()) == ([4, 1, 2, 2], [4, 1, 2, 2], [4, 1, 3, 3])


def test_each_function_has_a_funnel_of_its_own_and_the_order_of_rows_changes_nothing() -> None:
    rows = [
        {
            "quarter": "2025-26-Q4",
            "side": "provider",
            "treatment_function": function,
            "organisation_code": f"R{i:02}",
            "within_18_weeks": 100 + (i * 37) % 60 + extra,
            "pathways": 300,
            "not_ranked_reason": "no NHS trust" if i == 11 else None,
        }
        for function, extra in (("C_140", 0), ("X02", 90))
        for i in range(12)
    ]
    table = funnel.specialty_funnels(pd.DataFrame(rows), LEVELS)
    again = funnel.specialty_funnels(pd.DataFrame(rows).sample(frac=1, random_state=4), LEVELS)
    assert again.equals(table) and table.num_rows == 22
    ours = table.to_pandas()
    centres = ours.groupby("treatment_function")["centre"].agg(set).to_dict()
    for function, extra in (("C_140", 0), ("X02", 90)):
        kept = [row["within_18_weeks"] for row in rows if row["treatment_function"] == function][:11]
        assert [float(centre) for centre in centres[function]] == [pytest.approx(sum(kept) / 33, abs=1e-6)], extra


def test_nothing_ranked_is_an_empty_table() -> None:
    columns = ["quarter", "side", "treatment_function", "organisation_code", "within_18_weeks", "pathways"]
    empty = pd.DataFrame(columns=[*columns, "not_ranked_reason"])
    assert funnel.specialty_funnels(empty, LEVELS).num_rows == 0
