"""Scores on context against other ways to the same figures: scipy, leaving out by hand, all orders, a textbook."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import linalg

from orchestration.statistics import context
from orchestration.statistics.numbers import generator
from tests.unit.test_statistics import QUARTER, a_league

N = 47


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(N, 3)) * [8, 0.05, 0.2]
    return x, 2 + x @ [0.03, 1.5, 0] + rng.normal(size=N) * (0.3 + 0.02 * np.abs(x[:, 0]))


def by_scipy(x: Any, y: Any) -> Any:
    return linalg.lstsq(np.column_stack([np.ones(len(y)), x]), y)[0]


def test_coefficients_are_those_of_scipy_and_r_squared_is_the_squared_correlation(data: tuple[Any, Any]) -> None:
    x, y = data
    found = context.fit(x, y)
    coefficients = by_scipy(x, y)
    assert found.coefficients == pytest.approx(coefficients)
    fitted = coefficients[0] + x @ coefficients[1:]
    assert found.r_squared == pytest.approx(np.corrcoef(y, fitted)[0, 1] ** 2)


def test_q_squared_leaves_every_organisation_out(data: tuple[Any, Any]) -> None:
    x, y = data
    others = [np.arange(N) != i for i in range(N)]
    foretold = [(lambda b, i=i: b[0] + x[i] @ b[1:])(by_scipy(x[keep], y[keep])) for i, keep in enumerate(others)]
    found = context.fit(x, y)
    assert found.left_out == pytest.approx(y - foretold)
    expected = 1 - ((y - foretold) ** 2).sum() / ((y - y.mean()) ** 2).sum()
    assert context.q_squared(found, y) == pytest.approx(expected)


def test_errors_of_a_mean_difference_are_those_of_the_textbook() -> None:
    """HC3 of one group against another: each squared residual by (1 - 1/n)², summed by n²."""
    group, y = np.repeat([0.0, 1.0], [5, 9]), np.arange(14.0) ** 1.3
    variance = sum(
        ((y[group == g] - y[group == g].mean()) ** 2 / (1 - 1 / n) ** 2).sum() / n**2 for g, n in ((0, 5), (1, 9))
    )
    found = context.fit(group[:, None], y)
    assert found.errors[1] == pytest.approx(variance**0.5)


def test_permutation_p_is_the_share_of_all_orders() -> None:
    x, y = np.array([[0.0], [1.0], [2.0], [5.0], [6.0]]), np.array([1.0, 1.2, 2.0, 2.1, 2.6])
    fits = [np.corrcoef(x[:, 0], order)[0, 1] ** 2 for order in itertools.permutations(y)]
    share = np.mean(np.array(fits) >= fits[0] - 1e-12)
    assert context.permutation_p(x, y, generator("any")) == pytest.approx(share, abs=0.01)


def test_covariates_are_at_most_so_many_and_say_something_of_their_own() -> None:
    one, two = np.arange(6.0), np.array([1.0, 0, 0, 1, 0, 1])
    x = np.column_stack([one, np.full(6, 3.0), 2 * one - 7, two])
    assert context.independent(x, 3) == [0, 3]
    assert context.independent(x, 1) == [0]
    assert context.independent(x, 0) == []


def table_of(x: Any) -> pd.DataFrame:
    """Context of N organisations, of which the last is a specialist."""
    rows = [
        {
            "quarter": "2025-26-Q2",
            "league": "acute",
            "organisation_code": f"R{i:02}",
            "specialist": i == N - 1,
            "measure": measure,
            "basis": "host_icb",
            "preferred": True,
            "difference_from_england": x[i, nth],
        }
        for i in range(N)
        for nth, measure in enumerate(context.MEASURES)
    ]
    return pd.DataFrame(rows)


def scores_of(y: Any) -> pd.DataFrame:
    about = {"quarter": "2025-26-Q2", "league": "acute", "outcome_kind": "metric", "outcome": "OF0082"}
    return pd.DataFrame([{**about, "organisation_code": f"R{i:02}", "score": y[i]} for i in range(N)])


def test_specialists_are_left_out_and_the_order_of_rows_is_of_no_matter(data: tuple[Any, Any]) -> None:
    x, y = data
    table, scores = table_of(x), scores_of(y)
    found = context.context_fits(table, scores, 15)
    (row,) = (one for one in found.to_pylist() if one["basis"] == "preferred")
    assert (row["organisations"], row["covariates"]) == (46, "imd, share_65_plus, rural_share")
    assert [float(row[f"slope_{name}"]) for name in context.MEASURES] == pytest.approx(
        by_scipy(x[:-1], y[:-1])[1:], abs=1e-6
    )
    again = context.context_fits(table.sample(frac=1, random_state=1), scores.sample(frac=1, random_state=2), 15)
    assert again.equals(found)
    assert context.context_fits(table, scores, 50).to_pylist()[0]["r_squared"] is None


def test_expected_score_is_foretold_by_the_others_and_a_metric_has_no_limits(data: tuple[Any, Any]) -> None:
    x, y = data
    passing = pd.DataFrame([{"quarter": "2025-26-Q2", "league": "acute", "outcome": "OF0082"}])
    found = context.adjusted_scores(table_of(x), scores_of(y), passing, [], 15).to_pandas()
    assert len(found) == N - 1 and found.filter(regex="(low|high)$").isna().all(axis=None)
    keep = np.arange(N - 1) != 4
    coefficients = by_scipy(x[:-1][keep], y[:-1][keep])
    row = found.set_index("organisation_code").loc["R04"]
    expected = np.clip(coefficients[0] + x[4] @ coefficients[1:], 1, 4)
    assert float(row["expected_score"]) == pytest.approx(expected, abs=0.0005)
    assert row["difference"] == row["score"] - row["expected_score"]
    assert float(row["adjusted_score"]) == pytest.approx(y[:-1].mean() + y[4] - expected, abs=0.0005)
    assert sorted(found["rank"]) == list(range(1, N))


def test_limits_of_a_domain_hold_the_adjusted_score_and_rank(data: tuple[Any, Any]) -> None:
    """Of a league that is ranked: the metric scores are drawn, too."""
    x, _ = data
    rows = np.random.default_rng(3).integers(100, 400, size=(N, 4))
    ranked = a_league(
        [[Fraction(int(score), 100) for score in row] for row in rows], codes=[f"R{i:02}" for i in range(N)]
    )
    scores = scores_of(rows.mean(axis=1) / 100).assign(outcome_kind="domain", outcome="access")
    passing = pd.DataFrame([{"quarter": QUARTER, "league": "acute", "outcome": "access"}])
    found = context.adjusted_scores(table_of(x), scores, passing, [ranked], 15).to_pandas()
    for what in ("score", "rank"):
        low, own, high = (found[f"adjusted_{what}{end}"].astype(float) for end in ("_low", "", "_high"))
        assert len(found) == N - 1 and (low <= own).all() and (own <= high).all() and (low < high).any()


def test_each_draw_foretells_every_one_from_the_others_of_the_draw(data: tuple[Any, Any]) -> None:
    x, y = data
    of = context.Outcome("2025-26-Q2", "acute", "domain", "people", "preferred", ("R",) * N, ("imd",), x, y)
    draws = np.tile(y, (context.DRAWS, 1))
    found = context.refitted(of, draws)
    rng = generator("2025-26-Q2", "acute", "people", "organisations")
    times = rng.multinomial(N, np.full(N, 1 / N), context.DRAWS)
    for draw, i in ((0, 0), (1, 17), (2, int(times[2].argmax())), (3, int(times[3].argmin()))):
        others = np.repeat(np.arange(N), np.where(np.arange(N) == i, 0, times[draw]))
        b = by_scipy(x[others], y[others])
        assert found[draw, i] == pytest.approx(y.mean() + y[i] - np.clip(b[0] + x[i] @ b[1:], 1, 4))


def test_nobody_is_expected_beyond_the_ends_of_the_scale(data: tuple[Any, Any]) -> None:
    """Who has the worst score there is can be as bad as foretold, never better."""
    x, _ = data
    y = np.clip(2.5 + 2 * x[:, 0] / x[:, 0].std(), 1, 4)
    passing = pd.DataFrame([{"quarter": "2025-26-Q2", "league": "acute", "outcome": "OF0082"}])
    found = context.adjusted_scores(table_of(x), scores_of(y), passing, [], 15).to_pandas()
    ends = found[["score", "expected_score", "difference"]].astype(float)
    assert (ends["expected_score"].min(), ends["expected_score"].max()) == (1, 4)
    assert (ends.loc[ends["score"] == 4, "difference"] >= 0).all()
    assert (ends.loc[ends["score"] == 1, "difference"] <= 0).all()
