"""The one oracle of the tests: the official arithmetic in exact fractions, apart from how the workflow does it.

Ranks, quantiles and scores are those of the fictional publisher (`orchestration/sample`), which shares no code with the
engine. Belongs here: what more than one test holds the workflow to. Does not: reading of files."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from orchestration.sample.metric_scores import competition_ranks, quantile, spread

__all__ = ["average_scores", "competition_ranks", "half_up", "quantile", "rank_scores", "segment", "segments", "spread"]

LOWER_IS_BETTER = {"OF0003", "X-DM01-6W", "ICB-RTT-52W", "ICB-DM01-6W"}
STANDARDS = {"OF0003": 1, "OF0010": 80, "OF0011": 75, "OF0013": 78}


def half_up(value: Decimal | Fraction, places: int) -> Decimal:
    """A number at so many places, halves away from zero."""
    whole = floor(abs(Fraction(value)) * 10**places + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def rank_scores(metric_id: str, held: dict[str, Decimal]) -> dict[str, Fraction]:
    """By rank; where a standard is set, who meets it scores 1 and the others score from 2."""
    sign = 1 if metric_id in LOWER_IS_BETTER else -1
    standard = STANDARDS.get(metric_id)
    met = {code for code, value in held.items() if standard is not None and sign * value <= sign * standard}
    ranks = competition_ranks({code: sign * value for code, value in held.items() if code not in met})
    return dict.fromkeys(met, Fraction(1)) | spread(ranks, 1 if standard is None else 2, 4)


def average_scores(scores: dict[str, dict[str, Fraction]]) -> dict[str, Decimal]:
    held: dict[str, list[Fraction]] = {}
    for by_organisation in scores.values():
        for code, score in by_organisation.items():
            held.setdefault(code, []).append(score)
    return {code: half_up(sum(found, Fraction(0)) / len(found), 2) for code, found in held.items()}


def segment(score: Any, scores: Iterable[Any]) -> int:
    """1 to 4 among all scores; one at a cut belongs to the better segment."""
    exact = [Fraction(one) for one in scores]
    return 1 + sum(Fraction(score) > quantile(exact, quarter) for quarter in (1, 2, 3))


def segments(averages: dict[str, Decimal]) -> dict[str, int]:
    return {code: segment(average, averages.values()) for code, average in averages.items()}
