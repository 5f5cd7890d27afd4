"""Metric values of fictional trusts, drawn unrounded.

Belongs here: which trust has which metric, how values are distributed, what persists from quarter to quarter, and the
judgements that no arithmetic gives (deficit support, improvement programme, scores awarded without a value).
Does not belong here: ranks, scores, rounding for publication.

A value comes from a standard normal position, higher being better: part the trust's general quality, part its own
strength in the metric, part the movement of the quarter. Metrics that keep their reporting date keep their value.
Values that primary publications also show are then moved to the nearest ratio of whole counts (`ratios`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.sample.framework import LEAGUES, METRICS, MILLION, QUARTERS, Framework, Metric, Shape
from orchestration.sample.metric_scores import hundredths, side
from orchestration.sample.organisations import Trust
from orchestration.sample.ratios import SCALES, Ratios, count_values

QUALITY, OWN_STRENGTH, MOVEMENT = 0.40, 0.77, 0.50  # shares of a position; their squares add up to 1
MISSING_PER_QUARTER = 6
DEFICIT_SUPPORT = 6
IMPROVEMENT_PROGRAMME = 6
STANDING = {"OF0067", "OF0079"}  # same value all year, whatever their reporting date says


@dataclass(frozen=True)
class QuarterValues:
    """What is known of a quarter before scoring, by metric and trust code; values and counts in millionths."""

    values: dict[str, dict[str, int]]
    awarded: dict[str, dict[str, int]]
    counts: dict[str, dict[str, int]]
    ratios: Ratios  # of everybody counted, whether or not the value was submitted
    overridden: frozenset[str]
    programme: frozenset[str]
    bootstrap_seed: tuple[int, ...]


SHAPES = {
    "OF0003": Shape(1.9, 0.8, 0.05, low=0, high=40, skewed=True),
    "OF0005": Shape(1.2, 1.6, 0.05, low=0, high=95, skewed=True, shift=0.35),
    "OF0010": Shape(77, 5, 0.1, low=40, high=100),
    "OF0011": Shape(70, 8, 0.1, low=30, high=100),
    "OF0013": Shape(74.5, 6.5, 0.05, low=45, high=99),
    "OF0014": Shape(8, 0.6, 0.05, low=0, high=40, skewed=True),
    "OF0016": Shape(60, 18, 0.05, low=5, high=100),
    "OF0017": Shape(29, 3.5, 0.1, low=15),
    "OF0020": Shape(1.6, 0.9, low=0, skewed=True, shift=0.6),
    "OF0023": Shape(61, 7, 0.1, low=30, high=99),
    "OF0025": Shape(0.9, 0.5, 0.05, low=0, skewed=True),
    "OF0041": Shape(6, 13, 0.05),
    "OF0048": Shape(1.08, 0.25, 0.05, low=0.1),
    "OF0057": Shape(85, 9, 0.05, low=30, high=100),
    "OF0061": Shape(6.75, 0.3, low=0, high=10),
    "OF0063": Shape(24, 6.5, 0.05, low=0),
    "OF0082": Shape(5.4, 0.85, low=1),
    "OF0084": Shape(6.95, 0.22, low=0, high=10),
    "OF0085": Shape(2.2, 2.6),
    "OF0086": Shape(102, 12, low=50),
    "OF0088": Shape(1.04, 0.28, 0.05, low=0.1),
    "OF0106": Shape(-0.4, 2.4, 0.05),
    "X-AMB-EFFECTIVENESS-1": Shape(62, 8, low=0, high=100),
    "X-AMB-EFFECTIVENESS-2": Shape(31, 5, low=0, high=100),
}
AWARDED = (1.3, -0.6, -1.7)  # as POSITION_STEPS, where a metric has none of its own
WHOLE_NUMBERS = {"OF0020"}
THRESHOLD_RATIOS = ("OF0088", "OF0048")  # published beside the count that they come from
POSITION_STEPS = {  # discrete metrics: one worse for each step that a position is below
    "OF0035": (1.6, -1.5, -2.1),
    "OF0067": (2.2, 0.1, -1.9),
    "X-CQC-INPATIENT": (1.4, -1.2, -2.0),
    "X-SHMI": (1.2, -1.3),
}
FINANCE = {  # metric: (position above which there is a surplus, below which a deficit by league, % of turnover a step)
    "OF0079": (1.2, {"acute": -0.2, "mental_health_community": -1.0, "ambulance": -1.2}, 1.3),
    "OF0081": (0.9, {"acute": -0.3, "mental_health_community": -0.7, "ambulance": -0.9}, 0.9),
}
CQC_SAFE_RATINGS = {  # trusts with a recent rating, by quarter
    "acute": (13, 12, 9, 5),
    "mental_health_community": (6, 6, 1, 0),
    "ambulance": (2, 1, 1, 0),
}


def draw_values(trusts: Sequence[Trust], seed: int) -> list[QuarterValues]:
    """The values of every quarter."""
    rng = np.random.default_rng([seed, 2])
    quality = rng.standard_normal(len(trusts))
    providers = _providers(trusts, rng)
    values: list[dict[Any, Any]] = [{} for _ in QUARTERS]
    awarded: list[dict[Any, Any]] = [{} for _ in QUARTERS]
    counts: list[dict[Any, Any]] = [{} for _ in QUARTERS]
    for metric in METRICS:
        if metric.rule == "matrix":
            continue
        own = rng.standard_normal(len(trusts))
        movement = rng.standard_normal((len(QUARTERS), len(trusts)))
        threshold = rng.integers(15, 130, len(trusts)).tolist()
        for quarter in QUARTERS:
            n = quarter.number
            period = 0 if metric.metric_id in STANDING else metric.reporting_dates.index(metric.reporting_dates[n])
            position = QUALITY * quality + OWN_STRENGTH * own + MOVEMENT * movement[period]
            members = [
                (nth, trust)
                for nth, trust in enumerate(trusts)
                if trust.exists_in(quarter) and trust.code in providers[metric.metric_id]
            ]
            drawn = {trust.code: _value(metric, trust, position[nth], period) for nth, trust in members}
            if metric.rule == "published_score":
                awarded[n][metric.metric_id] = drawn
            else:
                values[n][metric.metric_id] = drawn
            if metric.metric_id in THRESHOLD_RATIOS:
                counts[n][metric.metric_id] = {
                    trust.code: round(drawn[trust.code] * threshold[nth] / MILLION) * MILLION for nth, trust in members
                }

    ratios = count_values(trusts, values, seed)
    for known, counted in zip(values, ratios, strict=True):
        for metric_id, of in counted.items():
            known[metric_id] = {code: ratio.value(SCALES[metric_id]) for code, ratio in of.items()}

    support = {trust.code for trust in _some(trusts, DEFICIT_SUPPORT, rng)}
    weakest = frozenset(trusts[nth].code for nth in np.argsort(quality)[:IMPROVEMENT_PROGRAMME])
    rated = {league: _some([t for t in trusts if t.league == league and not t.absorbed], 20, rng) for league in LEAGUES}
    for quarter in QUARTERS:
        ratings = {
            trust.code for league in LEAGUES for trust in rated[league][: CQC_SAFE_RATINGS[league][quarter.number]]
        }
        safe = awarded[quarter.number]["OF0067"]
        awarded[quarter.number]["OF0067"] = {code: score for code, score in safe.items() if code in ratings}
        _lose_some(values[quarter.number], counts[quarter.number], rng)
    return [
        QuarterValues(
            values=values[n],
            awarded=awarded[n],
            counts=counts[n],
            ratios=ratios[n],
            overridden=frozenset(
                code
                for code, plan in values[n]["OF0079"].items()
                if plan + values[n]["OF0081"][code] < 0 or code in support
            ),
            programme=weakest if n < 2 else frozenset(),  # its rows stop after the second quarter
            bootstrap_seed=(seed, 3, n),
        )
        for n in range(len(QUARTERS))
    ]


def staff_scores(drawn: Sequence[QuarterValues], metric_ids: Sequence[str]) -> list[dict[str, dict[str, int]]]:
    """What the survey of staff that a quarter uses found, by metric and trust: all that any quarter shows of it."""
    dates = {metric.metric_id: metric.reporting_dates for metric in METRICS}
    found: list[dict[str, dict[str, int]]] = [{metric_id: {} for metric_id in metric_ids} for _ in QUARTERS]
    for metric_id in metric_ids:
        for quarter, of_survey in zip(QUARTERS, found, strict=True):
            for values, date in zip(drawn, dates[metric_id], strict=True):
                if date == dates[metric_id][quarter.number]:
                    of_survey[metric_id] |= values.values[metric_id]
    return found


def draw_values_of(framework: Framework, trusts: Sequence[Trust], seed: int) -> list[QuarterValues]:
    """The values of every quarter of a framework whose metrics have their own shapes. No publication counts them."""
    rng = np.random.default_rng([seed, 6])
    quality = rng.standard_normal(len(trusts))
    drawn: list[tuple[dict[str, Any], dict[str, Any]]] = [({}, {}) for _ in framework.quarters]
    finance = next((metric.matrix_of for metric in framework.metrics if metric.matrix_of), ())
    for metric in framework.metrics:
        holds = rng.random(len(trusts))
        own, movement = rng.standard_normal(len(trusts)), rng.standard_normal((len(drawn), len(trusts)))
        for n, (values, awarded) in enumerate(drawn):
            if metric.rule == "matrix":
                continue
            period = metric.reporting_dates.index(metric.reporting_dates[n])
            position = QUALITY * quality + OWN_STRENGTH * own + MOVEMENT * movement[period]
            kept = awarded if metric.rule == "published_score" else values
            kept[metric.metric_id] = {
                trust.code: _drawn_by_shape(metric, position[nth])
                for nth, trust in enumerate(trusts)
                if not trust.absorbed and holds[nth] < metric.held_by.get(trust.league, 0)
            }
    return [
        QuarterValues(
            values=values,
            awarded=awarded,
            counts={},
            ratios={},
            overridden=_in_deficit(values, finance),
            programme=frozenset(),
            bootstrap_seed=(seed, 7, n),
        )
        for n, (values, awarded) in enumerate(drawn)
    ]


def _in_deficit(values: Mapping[str, Mapping[str, int]], finance: tuple[str, ...]) -> frozenset[str]:
    """Whose plan and variance come to less than nothing; nobody where no metric is about money."""
    plan, variance = (values[metric_id] for metric_id in finance) if finance else ({}, {})
    return frozenset(code for code, planned in plan.items() if planned + variance[code] < 0)


def _drawn_by_shape(metric: Metric, position: float) -> int:
    if metric.shape is None:
        return 1 + sum(bool(position < step) for step in AWARDED)
    return _same_side_as_published(metric, _shaped(metric, metric.shape, position, 0))


def _some(trusts: Sequence[Trust], count: int, rng: np.random.Generator) -> list[Trust]:
    return [trusts[nth] for nth in rng.permutation(len(trusts))[:count]]


def _providers(trusts: Sequence[Trust], rng: np.random.Generator) -> dict[str, set[str]]:
    """Which trusts report each metric, as far as reality was seen: by league, except where services differ."""

    def of(*subtypes: str) -> list[Trust]:
        return [trust for trust in trusts if trust.subtype in subtypes]

    general = [trust for trust in trusts if trust.league == "acute" and trust.subtype != "Acute - Specialist"]
    general = _some(general, len(general), rng)
    mental_health = _some(of("Mental Health and Learning Disability", "Care Trust"), 47, rng)
    community = of("Community")
    elective = [
        trust
        for trust in trusts
        if trust.league == "acute" and not (trust.subtype == "Acute - Specialist" and "Cancer" in trust.name)
    ]
    # of the acute trusts, 78 have community services; fewer an urgent response, or children's mental health services
    by_service = {
        "OF0005": [*general[:78], *community, *mental_health[:27]],
        "OF0057": [*general[:46], *community[:12], *mental_health[:25]],
        "OF0041": [*general[-22:], *community[:2], *mental_health],
        "OF0016": [*general[-2:], *mental_health[:46]],
        "OF0063": [*general[-1:], *mental_health],
        "OF0035": mental_health,
    }
    by_service |= dict.fromkeys(("OF0023", "OF0106", "OF0003"), elective)
    by_service |= dict.fromkeys(("OF0010", "OF0011", "OF0013", "OF0014", "X-SHMI"), general)
    return {
        metric.metric_id: {
            trust.code for trust in by_service.get(metric.metric_id, trusts) if trust.league in metric.populations
        }
        for metric in METRICS
    }


def _value(metric: Metric, trust: Trust, position: float, quarter: int) -> int:
    """The value at a position, in millionths; a score or a band where that is what is published."""
    if metric.rule == "published_score":
        return _steps_below(metric, position)
    if metric.metric_id == "X-SHMI":
        return (4 - _steps_below(metric, position)) * MILLION
    if metric.metric_id in FINANCE:
        return _same_side_as_published(metric, _finance(metric, trust, position))
    value = _shaped(metric, SHAPES[metric.metric_id], position, quarter)
    if metric.metric_id in WHOLE_NUMBERS:
        return value // MILLION * MILLION
    return _same_side_as_published(metric, value)


def _shaped(metric: Metric, shape: Shape, position: float, quarter: int) -> int:
    """The value of a shape at a position, in millionths."""
    offset = shape.spread * (position + shape.improvement * quarter) * (1 if metric.higher_is_better else -1)
    value = shape.middle * float(np.exp(offset)) - shape.shift if shape.skewed else shape.middle + float(offset)
    return round(min(max(value, shape.low), shape.high) * MILLION)


def _same_side_as_published(metric: Metric, value: int) -> int:
    """The value, or its two published decimals where those would fall on the other side of a standard or a band."""
    published = hundredths(value, MILLION) * (MILLION // 100)
    return value if side(metric, value) == side(metric, published) else published


def _steps_below(metric: Metric, position: float) -> int:
    return 1 + sum(bool(position < step) for step in POSITION_STEPS[metric.metric_id])


def _finance(metric: Metric, trust: Trust, position: float) -> int:
    """Most are on plan, at exactly 0."""
    surplus, deficit, scale = FINANCE[metric.metric_id]
    if position > surplus:
        return round(scale * (position - surplus) * MILLION)
    return round(scale * min(position - deficit[trust.league], 0.0) * MILLION)


def _lose_some(
    values: dict[str, dict[str, int]],
    counts: dict[str, dict[str, int]],
    rng: np.random.Generator,
) -> None:
    """A few values are not submitted."""
    losable = [
        metric.metric_id
        for metric in METRICS
        if metric.rule.startswith("rank") and len(set(metric.reporting_dates)) == len(QUARTERS)
    ]
    for metric_id in rng.choice(losable, MISSING_PER_QUARTER, replace=False).tolist():
        code = sorted(values[metric_id])[rng.integers(len(values[metric_id]))]
        del values[metric_id][code]
        counts.get(metric_id, {}).pop(code, None)
