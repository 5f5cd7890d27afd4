"""Step 1 of the official method, written out a second time: from values to metric scores of 1 to 4.

Belongs here: ranks, the scoring rules and the rounding of `docs/methodology.md`, on integers and fractions:
nothing is rounded but where the method says so. Does not belong here: anything about a trust as a whole (`standings`),
the rules of a year (`framework`), drawing values, publishing them.
"""

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from orchestration.sample.framework import Metric

Codes = dict[str, int]  # by trust code


def hundredths(numerator: int, denominator: int = 1) -> int:
    """A ratio in whole hundredths, halves away from zero."""
    size = (200 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def competition_ranks(values: Mapping[str, Any], highest_first: bool = False) -> Codes:
    """Ties share the best rank and the next rank skips: 1, 1, 3."""
    first: dict[Hashable, int] = {}
    for position, value in enumerate(sorted(values.values(), reverse=highest_first), 1):
        first.setdefault(value, position)
    return {code: first[value] for code, value in values.items()}


def quantile(values: Iterable[int | Fraction], quarter: int) -> Fraction:
    """The type-7 quantile (linear interpolation) at `quarter` quarters."""
    ordered = sorted(values)
    position = Fraction((len(ordered) - 1) * quarter, 4)
    low = int(position)
    return ordered[low] + (position - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])


def band_score(metric: Metric, value: int) -> int:
    """The discrete score of a value in millionths."""
    return next(score for from_here_on, score in metric.bands if value >= from_here_on)


def meets_bound(metric: Metric, value: int) -> bool:
    """Whether a value meets the standard, or is at or above the floor."""
    return value >= metric.bound if metric.higher_is_better else value <= metric.bound


def side(metric: Metric, value: int) -> int:
    """Which side of the metric's bound, or which band, a value is on."""
    if metric.rule == "bands":
        return band_score(metric, value)
    return int(metric.rule in ("rank_with_standard", "rank_with_floor") and meets_bound(metric, value))


def spread(ranks: Codes, best: int, worst: int) -> dict[str, Fraction]:
    """Scores from best to worst by rank; whoever is alone gets the best."""
    steps = max(len(ranks) - 1, 1)
    return {code: best + Fraction((worst - best) * (rank - 1), steps) for code, rank in ranks.items()}


def metric_scores(metric: Metric, values: Codes) -> dict[str, Fraction]:
    """The exact scores of one scoring population."""
    if metric.rule == "bands":
        return {code: Fraction(band_score(metric, value)) for code, value in values.items()}

    def by_rank(members: Codes, best: int, worst: int) -> dict[str, Fraction]:
        return spread(competition_ranks(members, metric.higher_is_better), best, worst)

    if metric.rule == "rank":
        return by_rank(values, 1, 4)
    inside = {code: value for code, value in values.items() if meets_bound(metric, value)}
    outside = {code: value for code, value in values.items() if code not in inside}
    if metric.rule == "rank_with_standard":
        return dict.fromkeys(inside, Fraction(1)) | by_rank(outside, 2, 4)
    if metric.rule == "rank_with_floor":
        return by_rank(inside, 1, 3) | dict.fromkeys(outside, Fraction(4))
    raise ValueError(f"{metric.metric_id}: scoring rule {metric.rule!r} is not one of the framework's")


def matrix_score(metric: Metric, one: Fraction, other: Fraction) -> Fraction:
    """The one score that two others give."""
    return Fraction(metric.matrix[int(one) - 1][int(other) - 1])
