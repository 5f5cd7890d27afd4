"""Releases of made-up organisations, scored by rules that the reader does not know. Asserts nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import floor
from typing import Any

import pandas as pd

COLUMNS = ["quarter", "league", "trust_code", "published_id", "description", "domain", "sub_domain", "unit"]
COLUMNS += ["value", "published_rank", "suppressed", "source_row"]
BEYOND = {"rank": None, "rank_with_standard": 100, "rank_with_floor": 400}
BEST = {"rank": 100, "rank_with_standard": 200, "rank_with_floor": 100}
SPAN = {"rank": 300, "rank_with_standard": 200, "rank_with_floor": 200}


@dataclass(frozen=True)
class HiddenMetric:
    """How a metric is scored. `elsewhere`: organisations of other leagues that are scored with it."""

    metric_id: str
    domain: str
    rule: str
    polarity: str = "higher"
    weight: Fraction = Fraction(1)
    elsewhere: int = 0
    threshold: int = 50
    rounded: bool = False
    missing: float = 0.0


@dataclass(frozen=True)
class HiddenRules:
    """What a release is made by."""

    metrics: tuple[HiddenMetric, ...]
    organisations: int
    cut_points: tuple[int, int, int] = (200, 250, 300)
    override_segment: int = 3
    quarter: str = "2026-27-Q1"
    league: str = "made_up"
    code: str = "Z{:02}"


def half_up(number: Fraction) -> int:
    return floor(number + Fraction(1, 2))


def release(rules: HiddenRules, seed: int = 0) -> pd.DataFrame:
    """Figures of one league as the stage model has them."""
    chance, lines, rows = random.Random(seed), count(2), []
    codes = [rules.code.format(i) for i in range(rules.organisations)]
    domains = sorted({metric.domain for metric in rules.metrics})

    def add(
        code: str, published_id: str, title: str, domain: str, unit: str, value: Any, rank: int | None = None
    ) -> None:
        given = [rules.quarter, rules.league, code, published_id, title, domain, domain, unit]
        rows.append([*given, Decimal(value), rank or None, False, next(lines)])

    scores: dict[str, dict[str, tuple[Fraction, HiddenMetric]]] = {code: {} for code in codes}
    for metric in rules.metrics:
        held = [code for code in codes if chance.random() >= metric.missing]
        score_id = f"{metric.metric_id[:2]}1{metric.metric_id[3:]}"
        title = f"Title of {metric.metric_id}"
        if metric.rule == "bands":
            for code, value in zip(held, chance.sample(range(10_000), len(held)), strict=True):
                score = 1 + (value > 3_000) + (value > 6_000) + (value > 8_000)
                scores[code][metric.metric_id] = (Fraction(100 * score), metric)
                add(code, metric.metric_id, title, metric.domain, "%", Decimal(value) / 100)
                add(code, score_id, title, metric.domain, "score", score)
            continue
        if metric.rule == "published_score":
            for code in held:
                score = chance.choice((100, 200, 200, 300, 400))
                scores[code][metric.metric_id] = (Fraction(score), metric)
                add(code, score_id, title, metric.domain, "score", score // 100)
            continue
        values = dict(zip(held, chance.sample(range(10_000), len(held)), strict=True))
        others = chance.sample(range(10_000), metric.elsewhere)
        exact = scored(metric, values, others)
        places = ranks(metric, values)
        for code in held:
            shown = half_up(exact[code])
            scores[code][metric.metric_id] = (Fraction(shown) if metric.rounded else exact[code], metric)
            add(code, metric.metric_id, title, metric.domain, "%", Decimal(values[code]) / 100, places[code])
            add(code, score_id, title, metric.domain, "score", Decimal(shown) / 100, places[code])
    averages, segments = {}, {}
    for code in codes:
        for n, domain in enumerate(domains):
            of_it = [(s, m) for s, m in scores[code].values() if m.domain == domain]
            mean = weighted(of_it)
            if mean is not None:
                add(code, f"OF40{n:02}", f"{domain} domain score", domain, "score", Decimal(mean) / 100)
                add(code, f"OF41{n:02}", f"{domain} domain segment", domain, "segment", segment(rules, mean))
        mean = weighted(list(scores[code].values()))
        if mean is not None:
            averages[code] = mean
    flags = {code: int(chance.random() < 0.3) for code in averages}
    for code, mean in averages.items():
        unadjusted = segment(rules, mean)
        segments[code] = max(unadjusted, rules.override_segment) if flags[code] else unadjusted
    keys = {code: (segments[code], averages[code]) for code in averages}
    league = {code: 1 + sum(other < key for other in keys.values()) for code, key in keys.items()}
    for code, mean in averages.items():
        add(code, "OF5000", "Adjusted segment", "Summary", "segment", segments[code], league[code])
        alone = 1 + sum(other < mean for other in averages.values())
        add(code, "OF5002", "Average metric score", "Summary", "score", Decimal(mean) / 100, alone)
        add(code, "OF5003", "Unadjusted segment", "Summary", "segment", segment(rules, mean))
        add(code, "OF5004", "Financial override", "Summary", "flag", flags[code])
    return pd.DataFrame(rows, columns=COLUMNS)


def ranks(metric: HiddenMetric, values: dict[str, int]) -> dict[str, int]:
    """Ranks within the league."""
    sign = -1 if metric.polarity == "higher" else 1
    return {code: 1 + sum(sign * other < sign * value for other in values.values()) for code, value in values.items()}


def scored(metric: HiddenMetric, values: dict[str, int], others: list[int]) -> dict[str, Fraction]:
    """Unrounded scores in hundredths."""
    sign = -1 if metric.polarity == "higher" else 1
    everybody = sorted(sign * value for value in [*values.values(), *others])
    limit = sign * (100 * metric.threshold if metric.polarity == "higher" else 10_000 - 100 * metric.threshold)
    met = [value for value in everybody if value <= limit]
    missed = [value for value in everybody if value > limit]
    band = {"rank": everybody, "rank_with_standard": missed, "rank_with_floor": met}[metric.rule]
    exact = {}
    for code, value in values.items():
        beyond = BEYOND[metric.rule]
        if beyond is not None and sign * value not in band:
            exact[code] = Fraction(beyond)
        else:
            better = sum(other < sign * value for other in band)
            step = Fraction(SPAN[metric.rule] * better, max(len(band) - 1, 1))
            exact[code] = BEST[metric.rule] + step
    return exact


def weighted(scores: list[tuple[Fraction, HiddenMetric]]) -> int | None:
    """Weighted mean in hundredths, half up."""
    total = sum(metric.weight for _, metric in scores)
    return half_up(sum(score * metric.weight for score, metric in scores) / total) if total else None


def segment(rules: HiddenRules, score: int) -> int:
    """A score at the cut point is in the better segment."""
    return 1 + sum(score > cut for cut in rules.cut_points)
