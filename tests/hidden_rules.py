"""Figures of one league of made-up organisations, scored by rules that the reader does not know. Asserts nothing.

The arithmetic is that of the fictional publisher, who writes whole releases by such rules (`league sample
--framework-year`). Here rules are drawn by tests, hundreds of them, and no file is written."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pandas as pd

from orchestration.sample.framework import Metric
from orchestration.sample.metric_scores import competition_ranks, hundredths, metric_scores
from orchestration.sample.standings import segment, weighted_mean

COLUMNS = ["quarter", "league", "trust_code", "published_id", "description", "domain", "sub_domain", "unit"]
COLUMNS += ["value", "published_rank", "suppressed", "source_row"]


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

    def scores(self, values: dict[str, int]) -> dict[str, Fraction]:
        """Unrounded scores of values in hundredths, by rank."""
        higher = self.polarity == "higher"
        metric = Metric(
            metric_id=self.metric_id,
            score_id="",
            title="",
            domain=self.domain,
            sub_domain="",
            unit="%",
            higher_is_better=higher,
            weight=self.weight,
            counted=bool(self.weight),
            rule=self.rule,
            bound=100 * self.threshold if higher else 10_000 - 100 * self.threshold,
            populations={},
            reporting_dates=(),
        )
        return metric_scores(metric, values)


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


def release(rules: HiddenRules, seed: int = 0) -> pd.DataFrame:
    """Figures of one league as the stage model has them."""
    chance, lines, rows = random.Random(seed), count(2), []
    codes = [rules.code.format(i) for i in range(rules.organisations)]
    domains, cuts = sorted({metric.domain for metric in rules.metrics}), [Fraction(cut) for cut in rules.cut_points]

    def add(
        code: str, published_id: str, title: str, domain: str, unit: str, value: Any, rank: int | None = None
    ) -> None:
        given = [rules.quarter, rules.league, code, published_id, title, domain, domain, unit]
        rows.append([*given, Decimal(value), rank or None, False, next(lines)])

    domain_of = {metric.metric_id: metric.domain for metric in rules.metrics}
    scores: dict[str, dict[str, tuple[Fraction, Fraction]]] = {code: {} for code in codes}  # weight, score
    for metric in rules.metrics:
        held = [code for code in codes if chance.random() >= metric.missing]
        score_id = f"{metric.metric_id[:2]}1{metric.metric_id[3:]}"
        title = f"Title of {metric.metric_id}"
        if metric.rule == "bands":
            for code, value in zip(held, chance.sample(range(10_000), len(held)), strict=True):
                score = 1 + (value > 3_000) + (value > 6_000) + (value > 8_000)
                scores[code][metric.metric_id] = (metric.weight, Fraction(score))
                add(code, metric.metric_id, title, metric.domain, "%", Decimal(value) / 100)
                add(code, score_id, title, metric.domain, "score", score)
            continue
        if metric.rule == "published_score":
            for code in held:
                score = chance.choice((1, 2, 2, 3, 4))
                scores[code][metric.metric_id] = (metric.weight, Fraction(score))
                add(code, score_id, title, metric.domain, "score", score)
            continue
        values = dict(zip(held, chance.sample(range(10_000), len(held)), strict=True))
        others = dict(enumerate(chance.sample(range(10_000), metric.elsewhere)))
        exact = metric.scores(values | {f"elsewhere {n}": value for n, value in others.items()})
        places = competition_ranks(values, metric.polarity == "higher")
        for code in held:
            shown = hundredths(exact[code].numerator, exact[code].denominator)
            scores[code][metric.metric_id] = (metric.weight, Fraction(shown, 100) if metric.rounded else exact[code])
            add(code, metric.metric_id, title, metric.domain, "%", Decimal(values[code]) / 100, places[code])
            add(code, score_id, title, metric.domain, "score", Decimal(shown) / 100, places[code])
    averages, segments = {}, {}
    for code in codes:
        for n, domain in enumerate(domains):
            of_it = [pair for metric_id, pair in scores[code].items() if domain_of[metric_id] == domain]
            if any(weight for weight, _ in of_it):
                mean = weighted_mean(of_it)
                add(code, f"OF40{n:02}", f"{domain} domain score", domain, "score", Decimal(mean) / 100)
                add(code, f"OF41{n:02}", f"{domain} domain segment", domain, "segment", segment(mean, cuts))
        held_by_it = list(scores[code].values())
        if any(weight for weight, _ in held_by_it):
            averages[code] = weighted_mean(held_by_it)
    flags = {code: int(chance.random() < 0.3) for code in averages}
    for code, mean in averages.items():
        unadjusted = segment(mean, cuts)
        segments[code] = max(unadjusted, rules.override_segment) if flags[code] else unadjusted
    league = competition_ranks({code: (segments[code], averages[code]) for code in averages})
    alone = competition_ranks(averages)
    for code, mean in averages.items():
        add(code, "OF5000", "Adjusted segment", "Summary", "segment", segments[code], league[code])
        add(code, "OF5002", "Average metric score", "Summary", "score", Decimal(mean) / 100, alone[code])
        add(code, "OF5003", "Unadjusted segment", "Summary", "segment", segment(mean, cuts))
        add(code, "OF5004", "Financial override", "Summary", "flag", flags[code])
    return pd.DataFrame(rows, columns=COLUMNS)
