"""Steps 2 to 4 of the official method, written out a second time: from metric scores to the league table.

Belongs here: averages, segments, override, league position and likely ranges, as `docs/methodology.md` has them,
on integers and fractions.
Does not belong here: the scoring rules of a metric (`metric_scores`), drawing values, publishing them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from orchestration.sample.framework import ICBS, LEAGUES, MILLION, Framework, Quarter
from orchestration.sample.metric_scores import (
    Codes,
    competition_ranks,
    hundredths,
    matrix_score,
    metric_scores,
    quantile,
)
from orchestration.sample.organisations import Trust
from orchestration.sample.values import QuarterValues

WeightedScores = list[tuple[Fraction, Fraction]]  # (weight, score)
Range = tuple[int, int]

BOOTSTRAP_DRAWS = 400


@dataclass(frozen=True)
class QuarterResult:
    """Everything that follows from a quarter's values; averages and domain scores in hundredths."""

    scores: dict[str, dict[str, Fraction]]
    averages: Codes
    unadjusted_segments: Codes
    adjusted_segments: Codes
    average_ranks: Codes
    league_ranks: Codes
    domain_scores: dict[str, Codes]
    domain_segments: dict[str, Codes]
    average_ranges: dict[str, Range]
    rank_ranges: dict[str, Range]


def all_scores(
    framework: Framework, trusts: Mapping[str, Trust], values: QuarterValues
) -> dict[str, dict[str, Fraction]]:
    """Exact scores by metric and trust."""
    scores: dict[str, dict[str, Fraction]] = {}
    for metric in framework.metrics:
        if metric.rule == "published_score":
            scores[metric.metric_id] = {code: Fraction(n) for code, n in values.awarded[metric.metric_id].items()}
        elif metric.rule != "matrix":
            populations: defaultdict[str, Codes] = defaultdict(dict)
            for code, value in values.values[metric.metric_id].items():
                populations[metric.populations[trusts[code].league]][code] = value
            scores[metric.metric_id] = {
                code: score
                for members in populations.values()
                for code, score in metric_scores(metric, members).items()
            }
    for metric in (metric for metric in framework.metrics if metric.rule == "matrix"):
        one, other = (scores[metric_id] for metric_id in metric.matrix_of)
        scores[metric.metric_id] = {code: matrix_score(metric, score, other[code]) for code, score in one.items()}
    return scores


def weighted_mean(scores: WeightedScores) -> int:
    """The mean of (weight, score) pairs in hundredths."""
    mean = sum((weight * score for weight, score in scores), Fraction()) / sum(weight for weight, _ in scores)
    return hundredths(mean.numerator, mean.denominator)


def segment(score: int, cuts: Sequence[Fraction]) -> int:
    """1 to 4; a score at a cut belongs to the better segment."""
    return 1 + sum(score > cut for cut in cuts)


def by_league(trusts: Mapping[str, Trust], values: Mapping[str, Any], highest_first: bool = False) -> Codes:
    """Competition ranks within each league."""
    ranks: Codes = {}
    for league in (*LEAGUES, ICBS):
        members = {code: value for code, value in values.items() if trusts[code].league == league}
        ranks |= competition_ranks(members, highest_first)
    return ranks


def score_quarter(
    framework: Framework, quarter: Quarter, trusts: Iterable[Trust], values: QuarterValues
) -> QuarterResult:
    """Work out a quarter."""
    present = {trust.code: trust for trust in trusts if trust.exists_in(quarter)}
    scores = all_scores(framework, present, values)
    at_two_decimals = framework.two_decimals.get(quarter.quarter_id, frozenset())

    held: dict[str, WeightedScores] = {code: [] for code in present}
    held_by_domain: dict[str, defaultdict[str, WeightedScores]] = {
        domain: defaultdict(list) for domain in framework.domains
    }
    for metric in framework.metrics:
        for code, score in scores[metric.metric_id].items() if metric.counted else ():
            if metric.metric_id in at_two_decimals:
                score = Fraction(hundredths(score.numerator, score.denominator), 100)
            held[code].append((metric.weight, score))
            held_by_domain[metric.domain][code].append((metric.weight, score))

    averages = {code: weighted_mean(pairs) for code, pairs in held.items()}
    cuts = _cuts(framework, averages)
    unadjusted = {code: segment(average, cuts) for code, average in averages.items()}
    raised = framework.override_segment
    adjusted = {code: max(n, raised) if code in values.overridden else n for code, n in unadjusted.items()}
    domain_scores = {
        domain: {code: weighted_mean(pairs) for code, pairs in members.items()}
        for domain, members in held_by_domain.items()
    }
    domain_cuts = {domain: _cuts(framework, members) for domain, members in domain_scores.items()}
    average_ranges, rank_ranges = likely_ranges(present, held, cuts, values, raised)
    return QuarterResult(
        scores=scores,
        averages=averages,
        unadjusted_segments=unadjusted,
        adjusted_segments=adjusted,
        average_ranks=by_league(present, averages),
        league_ranks=by_league(present, {code: (adjusted[code], average) for code, average in averages.items()}),
        domain_scores=domain_scores,
        domain_segments={
            domain: {code: segment(score, domain_cuts[domain]) for code, score in members.items()}
            for domain, members in domain_scores.items()
        },
        average_ranges=average_ranges,
        rank_ranges=rank_ranges,
    )


def _cuts(framework: Framework, scores: Codes) -> list[Fraction]:
    """The fixed ones of the framework, else quartiles."""
    return [Fraction(cut) for cut in framework.cut_points] or [quantile(scores.values(), n) for n in (1, 2, 3)]


def likely_ranges(
    trusts: Mapping[str, Trust],
    held: Mapping[str, WeightedScores],
    cuts: Sequence[Fraction],
    values: QuarterValues,
    override_segment: int,
) -> tuple[dict[str, Range], dict[str, Range]]:
    """95% percentile bootstrap of every trust's own scores at once, in integers; cut points stay where they are."""
    codes = list(held)
    most = max(map(len, held.values()))
    counts = np.array([len(held[code]) for code in codes])
    sixths = np.zeros((len(codes), most), dtype=np.int64)
    weighted = np.zeros_like(sixths)
    for row, code in enumerate(codes):
        for column, (weight, score) in enumerate(held[code]):
            sixths[row, column] = weight * 6
            weighted[row, column] = sixths[row, column] * round(score * MILLION)

    rng = np.random.default_rng(values.bootstrap_seed)
    picks = rng.integers(0, counts[:, None, None], (len(codes), BOOTSTRAP_DRAWS, most))
    drawn = np.arange(most) < counts[:, None, None]
    rows = np.arange(len(codes))[:, None, None]
    total = (weighted[rows, picks] * drawn).sum(axis=2)
    weight = (sixths[rows, picks] * drawn).sum(axis=2) * MILLION
    averages = (200 * total + weight) // (2 * weight)

    segments = 1 + sum((averages > int(cut)).astype(np.int64) for cut in cuts)  # whole hundredths: floor is enough
    overridden = np.array([code in values.overridden for code in codes])[:, None]
    segments = np.where(overridden, np.maximum(segments, override_segment), segments)
    position = segments * 1000 + averages
    league = np.array([trusts[code].league for code in codes])
    ranks = np.empty_like(averages)
    for name in (*LEAGUES, ICBS):
        members = position[league == name]
        ranks[league == name] = 1 + (members[:, None, :] > members[None, :, :]).sum(axis=1)
    return _middle_95(codes, averages), _middle_95(codes, ranks)


def _middle_95(codes: Sequence[str], draws: np.ndarray) -> dict[str, Range]:
    ordered = np.sort(draws, axis=1)
    tail = BOOTSTRAP_DRAWS // 40
    return {code: (int(row[tail]), int(row[-1 - tail])) for code, row in zip(codes, ordered, strict=True)}
