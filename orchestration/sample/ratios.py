"""The counts behind those metric values that primary publications let anybody compute.

Belongs here: numerators and denominators of a quarter by trust, and the value that is exactly their ratio, so that the
oversight releases and the primary publications tell the same story.
Does not belong here: months, commissioners, waiting bands (`publications`), drawing the values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

import numpy as np

from orchestration.sample.framework import METRICS, MILLION, QUARTERS, Metric
from orchestration.sample.metric_scores import hundredths, side
from orchestration.sample.organisations import Trust

WEEKS_18, WEEKS_52, DAYS_28, DAYS_62, HOURS_4, CATEGORY_2 = "OF0023", "OF0003", "OF0010", "OF0011", "OF0013", "OF0017"
COMMUNITY_52, SICKNESS = "OF0005", "OF0082"
DIAGNOSTICS = "X-DM01-6W"

SCALES: dict[str, int | Fraction] = {  # from a ratio to the unit of its value: per cent, or minutes from seconds
    WEEKS_18: 100,
    WEEKS_52: 100,
    DAYS_28: 100,
    DAYS_62: 100,
    HOURS_4: 100,
    CATEGORY_2: Fraction(1, 60),
    COMMUNITY_52: 100,
    SICKNESS: 100,
}
# Counts are of halves, where two providers share a patient, and days of hundred thousandths.
PARTS = {DAYS_62: 2, SICKNESS: 100_000}
TYPICAL_DENOMINATORS = {
    WEEKS_18: 24_000,
    DAYS_28: 5_000,
    DAYS_62: 800,
    HOURS_4: 36_000,
    CATEGORY_2: 90_000,
    COMMUNITY_52: 4_000,
    SICKNESS: 400_000 * PARTS[SICKNESS],
}
RELATIVE_SIZES = {
    "Acute - Teaching": 1.8,
    "Acute - Large": 1.4,
    "Acute - Small": 0.6,
    "Acute - Specialist": 0.3,
}


@dataclass(frozen=True)
class Ratio:
    """A numerator and a denominator as counted: in halves, or other parts, where `PARTS` says so."""

    numerator: int
    denominator: int

    def value(self, scale: int | Fraction = 100) -> int:
        """In millionths, half up."""
        exact = Fraction(scale) * self.numerator * MILLION / self.denominator
        return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


Ratios = dict[str, dict[str, Ratio]]  # by metric and organisation code


def count_values(trusts: Sequence[Trust], values: Sequence[Mapping[str, dict[str, int]]], seed: int) -> list[Ratios]:
    """Counts whose ratios are as near to the drawn values as whole counts come, by quarter."""
    rng = np.random.default_rng([seed, 5])
    rngs = {metric_id: np.random.default_rng([seed, 5, nth]) for nth, metric_id in enumerate((COMMUNITY_52, SICKNESS))}
    size = {trust.code: RELATIVE_SIZES.get(trust.subtype, 1.0) * float(np.exp(rng.normal(0, 0.25))) for trust in trusts}
    metrics = {metric.metric_id: metric for metric in METRICS}
    counted: list[Ratios] = []
    for quarter in QUARTERS:
        ratios: Ratios = {}
        for metric_id in SCALES:  # over 52 weeks after 18 weeks, whose pathways it shares
            drawn = values[quarter.number][metric_id]
            typical = TYPICAL_DENOMINATORS.get(metric_id, 0)
            noises = rngs.get(metric_id, rng).normal(1, 0.04, len(drawn))
            ratios[metric_id] = {}
            for code, noise in zip(drawn, noises.tolist(), strict=True):
                within = ratios[WEEKS_18][code] if metric_id == WEEKS_52 else None
                denominator = within.denominator if within else round(typical * size[code] * noise)
                most = denominator - (within.numerator if within else 0)
                ratios[metric_id][code] = _nearest(metrics[metric_id], drawn[code], denominator, most)
        counted.append(ratios)
    return counted


def _nearest(metric: Metric, value: int, denominator: int, most: int) -> Ratio:
    """The nearest ratio that two decimals do not carry across the metric's standard."""
    scale = SCALES[metric.metric_id]
    start = round(Fraction(value * denominator, MILLION) / scale)
    if scale == 100:
        start = min(start, most)
    for step in count():
        for numerator in (start - step, start + step):
            if numerator >= 0 and (scale != 100 or numerator <= most):
                ratio = Ratio(numerator, denominator)
                exact = ratio.value(scale)
                if side(metric, exact) == side(metric, hundredths(exact, MILLION) * (MILLION // 100)):
                    return ratio
    raise AssertionError("not reached: a numerator of nothing meets or misses any standard")
