"""What counts and how much: weights and precision with which domain scores and averages come out, in whole numbers.

Domain by domain we try every set of weights on the scores as published, keep those within what rounding hides, and
decide between those and between unrounded and two-decimal scores by exact arithmetic. The averages settle the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.discovery.conventions import WHOLE
from orchestration.discovery.publication import Flags, Series, Whole
from orchestration.discovery.scoring import Rule, usable

LEVELS = (6, 3, 2, 0)  # weights of 1, 1/2, 1/3 and 0 in sixths, the plainest first
SIXTHS = 6
HIDDEN = 1.01  # hundredths: half a one of the scores and half a one of their mean, and the last bit

# How far we search. We chose all of these on 2026-11-26, with the searches that they end. No measurement of them is on
# record. Releases by hidden rules, of which we know the weights, come out with them (tests/unit/test_discovery.py).
ALL_TRIED = 8  # metrics: four levels each make 65,536 sets; of more we climb from the plainest
AT_ONCE = 4_096  # sets of weights whose means are in memory together
KEPT = 64  # sets of weights looked at exactly
FAR = 5.0  # hundredths: a mean farther off is a wrong cell, and counts no more than one that is so far off
SCALES = 3**8  # sets of scales of domains against each other: eight domains at three. Of more we try none
VARIANTS = 64  # sets of precisions tried one and all; of more we climb
MORE_VARIANTS = 1_024  # sets of precisions tried one and all where the climb ends with ALMOST every cell
ALMOST = 3  # cells that may still miss for that
NEAR = 0.25  # of the organisations: rounding decides no more
SEARCHED = 12  # sets of weights whose precision is searched
OTHER_SIZES = 2  # that may be the right one

Exact = NDArray[Any]  # of Python integers, which do not overflow


@dataclass(frozen=True)
class Variant:
    """A way the scores of a metric may have entered: unrounded on a grid of a size, or at two decimals (size 0)."""

    size: int
    best: int
    denominator: int
    numerators: Whole  # of hundredths
    exact: Exact  # the same without bounds, 0 where there is no score
    held: Exact  # 1 where there is a score, else 0


@dataclass(frozen=True)
class Choice:
    """Weights of the metrics of a domain in sixths, and the variant of each."""

    weights: tuple[int, ...]
    variants: tuple[int, ...]

    def scaled(self, by: int) -> Choice:
        """Scale all weights so that the largest is `by`."""
        top = max(self.weights)
        return Choice(tuple(weight * by // top for weight in self.weights), self.variants)


@dataclass
class Domain:
    """Metrics that one domain score averages, and the choices that were tried. Those that explain most come first, of
    equally good ones those that count fewest metrics. Without a domain score only the averages speak."""

    title: str
    score: Series | None
    rules: list[Rule]
    variants: list[list[Variant]]
    choices: list[Choice]
    reproduced: NDArray[np.bool_]  # (choices, organisations)


@cache
def level_sets(metrics: int) -> NDArray[np.int64]:
    """Every set of weights that differs from the others in more than its scale, the plainest first."""
    if metrics > ALL_TRIED:
        raise ValueError(metrics)
    seen, sets = set(), []
    for weights in product(LEVELS, repeat=metrics):
        common = gcd(*weights)
        if common and (shape := tuple(weight // common for weight in weights)) not in seen:
            seen.add(shape)
            sets.append(weights)
    return np.array(sets, np.int64)


def errors(sets: NDArray[Any], scores: NDArray[np.float64], held: Flags, target: Series) -> NDArray[np.float64]:
    """How far each weighted mean is from what is published, in hundredths, (sets, organisations). A mean of nothing is
    infinitely far from a score, and a mean that is not published is too."""
    weights = sets.astype(float)
    total = weights @ held.T.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (weights @ np.where(held, scores, 0).T) / total
    published = usable(target)
    apart = np.where(total > 0, np.abs(means - target.hundredths), np.where(published, np.inf, 0))
    return np.where(published, apart, np.where(total > 0, np.inf, 0))


def likely_sets(scores: NDArray[np.float64], held: Flags, target: Series) -> NDArray[np.int64]:
    """Sets of weights that miss the fewest organisations by more than rounding hides, and those that miss one more."""
    metrics = scores.shape[1]
    if metrics <= ALL_TRIED:
        sets = level_sets(metrics)
        missed = np.concatenate(
            [
                (errors(sets[at : at + AT_ONCE], scores, held, target) > HIDDEN).sum(axis=1)
                for at in range(0, len(sets), AT_ONCE)
            ]
        )
    else:
        sets = _climb(scores, held, target)
        missed = (errors(sets, scores, held, target) > HIDDEN).sum(axis=1)
    close = np.flatnonzero(missed <= missed.min() + 1)
    return np.asarray(sets[close[np.lexsort((close, missed[close]))][:KEPT]])


def _climb(scores: NDArray[np.float64], held: Flags, target: Series) -> NDArray[np.int64]:
    """From all ones, change one weight or two at a time while that brings the means nearer to what is published."""
    best = np.full(scores.shape[1], SIXTHS, np.int64)
    reached: tuple[float, ...] = (np.inf, np.inf)
    while True:
        around = np.array(list(_neighbours(best)), np.int64)
        apart = np.minimum(errors(around, scores, held, target), WHOLE)
        order = np.lexsort((np.arange(len(around)), (apart > HIDDEN).sum(axis=1), apart.sum(axis=1)))
        now = (float(apart[order[0]].sum()), float((apart[order[0]] > HIDDEN).sum()))
        if now >= reached:
            return around
        best, reached = around[order[0]], now


def _neighbours(weights: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The set itself, and all that differ from it in one weight or in two."""
    yield weights
    for changed in (1, 2):
        for places in combinations(range(len(weights)), changed):
            for levels in product(LEVELS, repeat=changed):
                other = weights.copy()
                other[list(places)] = levels
                if other.any() and all(level != weights[place] for level, place in zip(levels, places, strict=True)):
                    yield other


def variants_of(rule: Rule) -> list[Variant]:
    """Unrounded on the smallest size first, then at two decimals, last on other sizes that fit as well."""
    scores, grids = rule.metric.score.hundredths, []
    if rule.grid is not None:
        steps = rule.grid.denominator  # a multiple of them has the same scores
        others = [grid for grid in rule.others if grid.form is rule.grid.form and grid.denominator % steps]
        grids = [rule.grid] if rule.own else [rule.grid, *others[:OTHER_SIZES]]
    found = []
    for grid in grids:
        exact = grid.form.best * grid.denominator + grid.form.span * grid.steps
        numerators = np.where(grid.steps >= 0, exact, scores * grid.denominator)
        found.append(_variant(rule, grid.size, grid.form.best, grid.denominator, numerators))
    return [*found[:1], _variant(rule, 0, 0, 1, scores), *found[1:]]


def _variant(rule: Rule, size: int, best: int, denominator: int, numerators: Whole) -> Variant:
    held = rule.scored.astype(int).astype(object)
    return Variant(size, best, denominator, numerators, numerators.astype(object) * held, held)


def half_up(numerators: Exact, denominators: Exact) -> Exact:
    """Round quotients of whole numbers half up; -1 where there is nothing to divide by."""
    safe = np.where(denominators == 0, 1, denominators)
    return np.asarray(np.where(denominators == 0, -1, (2 * numerators + safe) // (2 * safe)))


def domain_of(title: str, score: Series | None, rules: list[Rule]) -> Domain:
    """Find all choices of weights and precision that give the most domain scores."""
    domain = Domain(title, score, rules, [variants_of(rule) for rule in rules], [], np.zeros((0, 0), bool))
    if score is None:
        domain.choices = [Choice((weight,) * len(rules), (0,) * len(rules)) for weight in (SIXTHS, 0)]
        domain.reproduced = np.zeros((2, len(rules[0].scored)), bool)
        return domain
    held = np.column_stack([rule.scored for rule in rules])
    scores = np.column_stack([rule.metric.score.hundredths for rule in rules]).astype(float)
    sets = [tuple(int(weight) for weight in weights) for weights in likely_sets(scores, held, score)]
    tried = {choice: reproduces(domain, choice) for choice in [Choice(weights, (0,) * len(rules)) for weights in sets]}
    most = max(int(cells.sum()) for cells in tried.values())
    near = [choice for choice, cells in tried.items() if cells.sum() >= most - NEAR * len(cells)]
    for choice in near[:SEARCHED]:
        _vary(domain, choice, tried)
    order = sorted(tried, key=lambda choice: (-int(tried[choice].sum()), sum(map(bool, choice.weights))))
    domain.choices, domain.reproduced = order, np.array([tried[choice] for choice in order])
    return domain


def _vary(domain: Domain, start: Choice, tried: dict[Choice, Flags]) -> None:
    """Try precisions and sizes of the metrics that count: all sets of a few, or where only a few cells still miss."""
    options = [
        range(len(many)) if weight else range(1) for many, weight in zip(domain.variants, start.weights, strict=True)
    ]

    def come(variants: tuple[int, ...]) -> int:
        choice = Choice(start.weights, variants)
        if choice not in tried:
            tried[choice] = reproduces(domain, choice)
        return int(tried[choice].sum())

    sets, cells = int(np.prod([len(option) for option in options])), len(tried[start])
    if sets > VARIANTS:
        best = _climb_variants(options, start.variants, come)
        if sets > MORE_VARIANTS or not cells - ALMOST <= come(best) < cells:
            return
    for variants in sorted(product(*options), key=lambda chosen: (sum(map(bool, chosen)), chosen)):
        come(variants)


def _climb_variants(
    options: list[range], start: tuple[int, ...], come: Callable[[tuple[int, ...]], int]
) -> tuple[int, ...]:
    """Change one metric or two at a time for as long as more comes out."""
    best = max(start, tuple(min(1, len(option) - 1) for option in options), key=come)
    while True:
        singly = [(*best[:i], variant, *best[i + 1 :]) for i, many in enumerate(options) for variant in many]
        twice = [
            (*one[:i], variant, *one[i + 1 :])
            for one in sorted(dict.fromkeys(singly), key=come, reverse=True)[: len(options)]
            for i, many in enumerate(options)
            for variant in many
        ]
        better = max([best, *singly, *twice], key=come)
        if come(better) == come(best):
            return best
        best = better


def sums(domain: Domain, choice: Choice, common: int) -> tuple[Exact, Exact]:
    """Weighted sum of the scores over `common`, and sum of the weights, of each organisation."""
    n = len(domain.rules[0].scored)
    top, total = np.zeros(n, object), np.zeros(n, object)
    for place, (weight, chosen) in enumerate(zip(choice.weights, choice.variants, strict=True)):
        if weight:
            variant = domain.variants[place][chosen]
            top += variant.exact * (weight * (common // variant.denominator))
            total += variant.held * weight
    return top, total


def common_of(domains: Sequence[Domain]) -> int:
    """A denominator that all scores of the domains share."""
    return lcm(*(variant.denominator for domain in domains for many in domain.variants for variant in many))


def means(domains: Sequence[Domain], choices: Sequence[Choice]) -> Exact:
    """Means of all scores that count, half up in hundredths; -1 without one."""
    common = common_of(domains)
    parts = [sums(domain, choice, common) for domain, choice in zip(domains, choices, strict=True)]
    return half_up(np.sum([top for top, _ in parts], axis=0), np.sum([total for _, total in parts], axis=0) * common)


def reproduces(domain: Domain, choice: Choice) -> Flags:
    assert domain.score is not None
    return np.asarray(agrees(means([domain], [choice]), domain.score), bool)


def agrees(found: Exact, published: Series) -> Flags:
    """Whether what is found is what is published, and nothing is found where nothing is published."""
    return np.asarray(np.where(usable(published), found == published.hundredths, found == -1), bool)


def equally_good(domain: Domain, chosen: Choice) -> list[Choice]:
    """Other weights with which as many domain scores come out, each set once."""
    explained = domain.reproduced.sum(axis=1)
    shapes = {chosen.scaled(SIXTHS).weights}
    found = []
    for choice, count in zip(domain.choices, explained, strict=True):
        if count == explained[0] and (shape := choice.scaled(SIXTHS).weights) not in shapes:
            shapes.add(shape)
            found.append(choice)
    return found


class Averages:
    """The published averages, and how near choices for all domains come to them."""

    def __init__(self, domains: list[Domain], average: Series) -> None:
        self.domains, self.average, self.common = domains, average, common_of(domains)
        self.known: dict[tuple[int, Choice], tuple[Exact, Exact]] = {}

    def part(self, place: int, choice: Choice) -> tuple[Exact, Exact]:
        """What a domain adds to the sum of the scores and to that of the weights."""
        if (place, choice) not in self.known:
            self.known[place, choice] = sums(self.domains[place], choice, self.common)
        return self.known[place, choice]

    def judge(self, choices: Sequence[Choice]) -> tuple[tuple[float, ...], Flags]:
        """How far off the averages are, smaller is better, and which of them come out."""
        parts = [self.part(place, choice) for place, choice in enumerate(choices)]
        top, total = (np.sum([pair[side] for pair in parts], axis=0) for side in (0, 1))
        mean = (top / np.where(total == 0, 1, total * self.common)).astype(float)
        apart = np.abs(mean - self.average.hundredths)[usable(self.average)]
        came = agrees(half_up(top, total * self.common), self.average)
        return (int(_coarse(apart).sum()), -int(came.sum()), round(float(apart.clip(0.5, FAR).sum()), 6)), came

    def best_pair(self, chosen: list[Choice], options: list[list[Choice]]) -> list[Choice]:
        """Two domains changed together. We look for it in floating point; the caller judges it exactly."""
        parts = [[self.part(place, choice) for choice in many] for place, many in enumerate(options)]
        tops = [np.array([top / self.common for top, _ in many], np.float64) for many in parts]
        totals = [np.array([total for _, total in many], np.float64) for many in parts]
        now = [self.part(place, choice) for place, choice in enumerate(chosen)]
        found, most = chosen, -1
        for one, other in combinations([place for place, many in enumerate(options) if many], 2):
            rest = [now[place] for place in range(len(chosen)) if place not in (one, other)]
            others = np.array([[top / self.common, total] for top, total in rest], np.float64).sum(axis=0)
            top, total = tops[one][:, None] + tops[other][None], totals[one][:, None] + totals[other][None]
            if rest:
                top, total = top + others[0], total + others[1]
            with np.errstate(divide="ignore", invalid="ignore"):
                shown = np.floor(top / total + 0.5 + 1e-9)
            came = (shown == self.average.hundredths)[..., usable(self.average)].sum(axis=-1)
            if came.max() > most:
                most = int(came.max())
                at = np.unravel_index(int(came.argmax()), came.shape)
                found = list(chosen)
                found[one], found[other] = options[one][at[0]], options[other][at[1]]
        return found


def settle(domains: list[Domain], average: Series | None) -> tuple[list[Choice], NDArray[np.bool_]]:
    """Choose for all domains together, so that most averages come out. Also gives which averages come out under every
    change tried last, the choice made first, for leaving one out."""
    chosen = [domain.choices[0] for domain in domains]
    if average is None:
        return chosen, np.zeros((1, 0), bool)
    averages, chosen = Averages(domains, average), _to_scale(domains, chosen, average)
    while True:
        options = [_options(domain, now) for domain, now in zip(domains, chosen, strict=True)]
        changed = [
            [*chosen[:place], choice, *chosen[place + 1 :]] for place, many in enumerate(options) for choice in many
        ]
        judged = [averages.judge(choices) for choices in [chosen, *changed]]
        best = min(range(len(judged)), key=lambda i: judged[i][0])
        if best:
            chosen = changed[best - 1]
            continue
        if not judged[0][1].all():
            pair = averages.best_pair(chosen, options)
            if averages.judge(pair)[0] < judged[0][0]:
                chosen = pair
                continue
        return chosen, np.array([came for _, came in judged])


def _to_scale(domains: list[Domain], choices: list[Choice], average: Series) -> list[Choice]:
    """A domain score says how its metrics weigh against each other, the averages how the domains do: try all scales."""
    scales = [
        domain.choices
        if domain.score is None
        else [choice.scaled(level) for level in LEVELS if level and _allowed(choice, level)] or [choice]
        for domain, choice in zip(domains, choices, strict=True)
    ]
    if np.prod([len(many) for many in scales]) > SCALES:
        return choices
    common = common_of(domains)
    parts = [sums(domain, many[0], common) for domain, many in zip(domains, scales, strict=True)]
    tops = np.array([top / common for top, _ in parts], np.float64)
    totals = np.array([total for _, total in parts], np.float64)
    tried = list(product(*(range(len(many)) for many in scales)))
    share = [[max(choice.weights) / max(many[0].weights) for choice in many] for many in scales]
    by = np.array([[of_it[i] for of_it, i in zip(share, at, strict=True)] for at in tried])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs((by @ tops) / (by @ totals) - average.hundredths)[:, usable(average)]
    coarse = _coarse(np.nan_to_num(apart, nan=FAR))
    at = tried[int(np.argmin(coarse.sum(axis=1)))]
    return [many[i] for many, i in zip(scales, at, strict=True)]


def _coarse(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far beyond rounding, and no farther than FAR: a wrong cell stays one wrong cell."""
    return np.clip(apart - HIDDEN, 0, FAR)


def _options(domain: Domain, now: Choice) -> list[Choice]:
    """Choices that explain as many domain scores as the best, at every scale that the levels allow. Without domain
    scores: those that differ from the present choice in the weight or the precision of one metric."""
    if domain.score is None:
        reweighted = [
            Choice((*now.weights[:i], level, *now.weights[i + 1 :]), now.variants)
            for i in range(len(now.weights))
            for level in LEVELS
        ]
        entered = [
            Choice(now.weights, (*now.variants[:i], variant, *now.variants[i + 1 :]))
            for i, many in enumerate(domain.variants)
            for variant in range(len(many))
        ]
        return [choice for choice in dict.fromkeys([*reweighted, *entered]) if choice != now]
    explained = domain.reproduced.sum(axis=1)
    counted = sum(map(bool, domain.choices[0].weights))
    found = [
        choice.scaled(level)
        for choice, cells in zip(domain.choices, explained, strict=True)
        if cells == explained[0] and sum(map(bool, choice.weights)) <= counted
        for level in LEVELS
        if level and _allowed(choice, level)
    ]
    return [choice for choice in dict.fromkeys(found[:KEPT]) if choice != now]


def _allowed(choice: Choice, level: int) -> bool:
    top = max(choice.weights)
    return all(weight * level % top == 0 and weight * level // top in LEVELS for weight in choice.weights)


def left_out(reproduced: NDArray[np.bool_], cells: Flags) -> tuple[int, int]:
    """Choose by all cells but one, and see whether the choice gives that one."""
    kept = reproduced[:, cells]
    if not kept.size:
        return 0, 0
    others = kept.sum(axis=1)[:, None] - kept
    best = others.argmax(axis=0)  # the plainest of equally good ones
    return int(kept[best, np.arange(kept.shape[1])].sum()), kept.shape[1]
