"""Whom to learn from: by hand, by other libraries, and by a plain loop over whatever league.

What stands behind the names in a release is tried on real files."""

from __future__ import annotations

import random
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import median_abs_deviation

from orchestration.statistics import learning

QUARTER, BEFORE, LEAGUE = "2025-26-Q2", "2025-26-Q1", "acute"
LEVELS = {"metric_weak": 3, "metric_strong": 2, "surely_better": 1.96, "candidates_shown": 3, "named_at_most": 5}
RULES = pd.DataFrame(
    {
        "quarter": [QUARTER, BEFORE, QUARTER],
        "league": [LEAGUE, LEAGUE, "icb"],
        "role": ["asked for", "previous", "asked for"],
    }
)

Held = dict[str, tuple[float, float]]  # the value and the score of each organisation


def found(
    now: Held,
    before: Held,
    *,
    polarity: str | None = "lower",
    rule: dict[str, Any] | None = None,
    peers: dict[str, list[str]] | None = None,
    far: str | None = None,
    **levels: float,
) -> pd.DataFrame:
    """The candidates of one metric, whose rows come in any order."""
    rows = [
        {
            "quarter": quarter,
            "league": LEAGUE,
            "organisation_code": code,
            "metric_id": "M",
            "value": value,
            "polarity": polarity,
            "score_exact": score,
        }
        for quarter, held in ((QUARTER, now), (BEFORE, before))
        for code, (value, score) in held.items()
    ]
    random.Random(len(rows)).shuffle(rows)
    compared = {
        "quarter": QUARTER,
        "league": LEAGUE,
        "metric_id": "M",
        "previous_quarter": BEFORE,
        "comparable": True,
        "excluded_reason": None,
        "carried_over": False,
    }
    near = [
        {
            "quarter": QUARTER,
            "league": LEAGUE,
            "organisation_code": code,
            "place": place,
            "peer_code": peer,
            "has_close_peers": code != far,
        }
        for code, named in (peers or {}).items()
        for place, peer in enumerate(named, 1)
    ][::-1]
    scale = pd.DataFrame((LEVELS | levels).items(), columns=["decision", "value"])
    columns = ["quarter", "league", "organisation_code", "place", "peer_code", "has_close_peers"]
    frames = (pd.DataFrame([compared | (rule or {})]), scale, pd.DataFrame(near, columns=columns))
    return learning.candidates(RULES, pd.DataFrame(rows), *frames).to_pandas()


def names(table: pd.DataFrame) -> dict[str, list[str]]:
    held = table[table["place"] > 0].sort_values(["organisation_code", "place"])
    return held.groupby("organisation_code")["candidate_code"].agg(list).to_dict()


WORSE = {"A": (50.0, 3.5), "B": (48.0, 3.2)}
BETTER = {"C": (10.0, 1.0), "D": (12.0, 1.5), "E": (14.0, 2.0), "F": (16.0, 2.004), "G": (18.0, 2.01)}


def moved(held: Held, by: dict[str, float]) -> Held:
    return {code: (value + by.get(code, 0), score) for code, (value, score) in held.items()}


CHANGES = {"A": 1.0, "B": -1.0, "C": 2.0, "D": -2.0, "E": 0.0, "F": 1.0, "G": -1.0}  # the median absolute one is 1


def test_noise_is_that_of_scipy_by_the_root_of_two() -> None:
    changes = np.random.default_rng(1).normal(3, 2, 61)
    assert learning.noise_of(changes) == pytest.approx(median_abs_deviation(changes) * 1.4826 / 2**0.5, rel=1e-12)


def test_noise_is_not_that_of_who_cannot_move() -> None:
    """Of 41 values 25 stay at a bound: the median change is nothing, whatever the other 16 do."""
    changes = np.concatenate([np.zeros(25), np.tile([-3.0, -1.0, 1.0, 3.0], 4)])
    assert learning.noise_of(changes) == pytest.approx(np.clip(changes, -1, 1).std() / 0.8238 / 2**0.5)
    assert learning.noise_of(np.zeros(41)) == 0


def test_weak_is_shown_the_best_who_are_strong_in_both_quarters_with_their_noise() -> None:
    now = WORSE | BETTER
    table = found(now, moved(now, CHANGES))
    assert names(table) == {"A": ["C", "D", "E"], "B": ["C", "D", "E"]}
    assert set(table["candidates"]) == {4}  # F has 2.00 with two decimals, G has 2.01
    assert {str(n) for n in table["noise"]} == {"1.048357"} and {str(n) for n in table["difference_needed"]} == {
        "2.905896"
    }
    assert set(table["basis"]) == {"league"} and set(table["noise_basis"]) == {learning.CHANGES}


@pytest.mark.parametrize(("ahead", "named"), [(2.9059, ["C"]), (2.9058, [])])
def test_difference_that_chance_may_make_names_nobody(ahead: float, named: list[str]) -> None:
    now = {"A": (50.0, 3.5), "C": (50.0 - ahead, 1.0), **{f"O{i}": (20.0, 2.5) for i in range(5)}}
    table = found(now, moved(now, dict(zip(now, (0.0, 0.0, 1.0, -1.0, 1.0, -1.0, 1.0), strict=True))))
    assert [*table["candidate_code"].dropna()] == named
    assert named or set(table["not_named_reason"]) == {learning.NOBODY}


def test_who_was_not_better_or_not_strong_before_is_not_named() -> None:
    now = {"A": (50.0, 3.0), "C": (10.0, 1.0), "D": (11.0, 1.0), "E": (12.0, 1.0)}
    before = {"A": (50.0, 3.0), "C": (51.0, 1.0), "D": (11.0, 2.01), "E": (12.5, 2.0)}
    assert names(found(now, before)) == {"A": ["E"]}


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"comparable": False, "excluded_reason": "definition changed"}, "definition changed"),
        ({"metric_id": "another"}, learning.NOTHING_BEFORE["excluded_reason"]),
    ],
)
def test_metric_that_cannot_be_compared_names_nobody_and_says_why(rule: dict[str, Any], reason: str) -> None:
    table = found(WORSE | BETTER, WORSE | BETTER, rule=rule)
    assert set(table["not_named_reason"]) == {reason} and set(table["place"]) == {0}
    assert set(table["organisation_code"]) == set(WORSE)


def test_nobody_with_a_value_in_both_quarters_is_named_for_nobody() -> None:
    (row,) = found({"A": (90, 4)}, {"B": (10, 1)}).to_dict("records")
    assert pd.isna(row["candidate_code"]) and row["not_named_reason"] == learning.NO_VALUE_BEFORE


def test_who_had_no_value_before_is_told_so() -> None:
    now = WORSE | BETTER
    table = found(now, moved({code: now[code] for code in now if code != "A"}, CHANGES)).set_index("organisation_code")
    assert table.loc["A", "not_named_reason"] == learning.NO_VALUE_BEFORE
    assert [*table.loc["B", "candidate_code"]] == ["C", "D", "E"]


@pytest.mark.parametrize(("rule", "basis"), [({"carried_over": True}, learning.ONE_PERIOD), ({}, learning.NO_CHANGES)])
def test_survey_of_both_quarters_has_no_noise_and_says_so(rule: dict[str, Any], basis: str) -> None:
    table = found(WORSE | BETTER, WORSE | BETTER, rule=rule)
    assert set(table["noise_basis"]) == {basis} and table["noise"].isna().all() and names(table)["A"] == ["C", "D", "E"]
    nobody = found(WORSE | BETTER, WORSE | BETTER, rule=rule, peers={"A": ["G"]}).set_index("organisation_code")
    assert nobody.loc["A", "not_named_reason"] == "none of its 1 peers is better now and was better the quarter before"


def test_peers_come_nearest_first_and_nobody_else() -> None:
    now = WORSE | BETTER
    table = found(now, moved(now, CHANGES), peers={"A": ["G", "E", "B", "C"], "B": ["G"]})
    assert names(table) == {"A": ["E", "C"]}
    assert set(table["basis"]) == {"peers"}
    assert [*table.loc[table["organisation_code"] == "B", "not_named_reason"]] == [
        "none of its 1 peers is surely better now and was better the quarter before"
    ]
    table = found(now, moved(now, CHANGES), peers={"A": ["E"], "B": ["E"]}, far="B").set_index("organisation_code")
    assert table["basis"].to_dict() == {"A": "peers", "B": "league"}  # B has no close peers
    assert [*table.loc["B", "candidate_code"]] == ["C", "D", "E"]


def test_nobody_is_named_too_often_and_all_have_a_first_before_any_has_a_second() -> None:
    wanted = {"worst": ["a", "b"], "worse": ["a", "b"], "bad": ["a", "c"]}
    assert learning.share_out(wanted, 2, 2) == {"worst": ["a", "b"], "worse": ["a", "b"], "bad": ["c"]}
    assert learning.share_out(wanted, 2, 1) == {"worst": ["a"], "worse": ["b"], "bad": ["c"]}
    assert learning.share_out({"worst": ["a"], "bad": ["a"]}, 3, 1) == {"worst": ["a"], "bad": []}
    now = {f"W{i}": (50.0 + i, 3.5) for i in range(4)} | {"C": (10.0, 1.0)}
    table = found(now, now, named_at_most=3).set_index("organisation_code")
    assert table["not_named_reason"].dropna().to_dict() == {"W0": learning.NAMED_FOR_OTHERS}


def test_metric_that_is_only_scored_is_not_compared() -> None:
    scored = {code: (float("nan"), score) for code, (_, score) in WORSE.items()}
    assert found(scored, scored, polarity=None).empty


def test_of_bands_nobody_is_named_and_the_weak_have_the_reason() -> None:
    of_bands = {"A": (1.0, 4.0), "B": (1.0, 3.0), "C": (2.0, 2.99)}
    table = found(of_bands, {}, polarity=None).set_index("organisation_code")
    assert table["not_named_reason"].to_dict() == {"A": learning.NO_DIRECTION, "B": learning.NO_DIRECTION}
    assert set(table["place"]) == {0} and table["candidate_code"].isna().all()


@pytest.mark.parametrize("seed", range(20))
def test_candidates_again_by_a_plain_loop(seed: int) -> None:
    """In exact decimals, over leagues with ties, gaps and a polarity of any kind."""
    chance = random.Random(seed)
    polarity = chance.choice(["lower", "higher"])
    held = {f"T{i:02}": (chance.randint(0, 40) / 4, chance.randint(100, 400) / 100) for i in range(25)}
    now = {code: each for code, each in held.items() if chance.random() < 0.9}
    before = {
        code: (v + chance.randint(-4, 4) / 8, s + chance.choice([0, 0.3]))
        for code, (v, s) in held.items()
        if chance.random() < 0.9
    }
    sign = 1 if polarity == "lower" else -1
    both = sorted(set(now) & set(before))
    changes = pd.Series([now[code][0] - before[code][0] for code in both])
    between = changes.clip(*changes.quantile([0.1, 0.9])).std(ddof=0) / 0.8238
    noise = max(Decimal(str(median_abs_deviation(changes))) * Decimal("1.4826"), Decimal(str(between)))
    expected = {}
    for code in (code for code in both if now[code][1] >= 3):
        fits = [
            other
            for other in both
            if Decimal(str(sign * (now[code][0] - now[other][0]))) >= noise * Decimal("1.96")
            and sign * (now[code][0] - now[other][0]) > 0
            and sign * (before[code][0] - before[other][0]) > 0
            and all(
                Decimal(str(s)).quantize(Decimal("0.01"), ROUND_HALF_UP) <= 2 for s in (now[other][1], before[other][1])
            )
        ]
        if fits:
            expected[code] = sorted(fits, key=lambda other: (sign * now[other][0], other))
    table = found(now, before, polarity=polarity, candidates_shown=99, named_at_most=99)
    assert names(table) == expected
    few = names(found(now, before, polarity=polarity))
    assert all(set(chosen) <= set(expected[code]) and len(chosen) <= 3 for code, chosen in few.items())
    assert max(Counter(one for chosen in few.values() for one in chosen).values(), default=0) <= 5
