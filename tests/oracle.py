"""The arithmetic of scores, averages, segments and ranks in exact fractions, apart from how the workflow does it.

Belongs here: what more than one test holds the workflow to. Does not: reading of files."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

LOWER_IS_BETTER = {"OF0003", "X-DM01-6W", "ICB-RTT-52W", "ICB-DM01-6W"}
STANDARDS = {"OF0003": 1, "OF0010": 80, "OF0011": 75, "OF0013": 78}


def half_up(value: Decimal | Fraction, places: int) -> Decimal:
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def competition_ranks(keys: dict[str, Any]) -> dict[str, int]:
    ordered = sorted(keys.values())
    return {code: ordered.index(key) + 1 for code, key in keys.items()}


def rank_scores(metric_id: str, held: dict[str, Decimal]) -> dict[str, Fraction]:
    """By rank; where a standard is set, who meets it scores 1 and the others score from 2."""
    sign = 1 if metric_id in LOWER_IS_BETTER else -1
    standard = STANDARDS.get(metric_id)
    met = {code for code, value in held.items() if standard is not None and sign * value <= sign * standard}
    best = 1 if standard is None else 2
    ranks = competition_ranks({code: sign * value for code, value in held.items() if code not in met})
    spread = max(len(ranks) - 1, 1)
    return dict.fromkeys(met, Fraction(1)) | {
        code: best + Fraction((4 - best) * (rank - 1), spread) for code, rank in ranks.items()
    }


def type_7(ordered: list[Decimal], share: Fraction) -> Fraction:
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return Fraction(ordered[below]) + (position - below) * (Fraction(ordered[above]) - Fraction(ordered[below]))


def average_scores(scores: dict[str, dict[str, Fraction]]) -> dict[str, Decimal]:
    held: dict[str, list[Fraction]] = {}
    for by_organisation in scores.values():
        for code, score in by_organisation.items():
            held.setdefault(code, []).append(score)
    return {code: half_up(sum(found, Fraction(0)) / len(found), 2) for code, found in held.items()}


def segments(averages: dict[str, Decimal]) -> dict[str, int]:
    ordered = sorted(averages.values())
    cuts = [type_7(ordered, Fraction(quarter, 4)) for quarter in (1, 2, 3)]
    return {code: 1 + sum(Fraction(average) > cut for cut in cuts) for code, average in averages.items()}
