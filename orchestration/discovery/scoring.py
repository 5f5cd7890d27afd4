"""How a metric was scored: polarity, form, threshold, population size; bands of a discrete score.

A grid of size N holds the scores best + span k/(N-1), half up at two decimals, k counting who is better. The order of
the organisations must be that of k, and k must leave room for everybody ranked between two of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.discovery.conventions import DISCRETE, FORMS, REFUSED, SLIPS, WHOLE, WORST, Form
from orchestration.discovery.publication import Flags, Metric, Publication, Series, Whole
from orchestration.discovery.runs import out_of_line

OFF_GRID = 25.0  # bits: a wrong cell is rare, may be any of 300 scores, and hundreds of sizes are tried
SIZES_NAMED = 4  # of those that fit as well


@dataclass(frozen=True)
class Grid:
    """A form and a size, with the step k of each organisation, -1 beyond the threshold or off the grid."""

    form: Form
    size: int
    steps: Whole
    beyond: Flags
    misfits: Flags
    outside: Flags  # out of the order of the others
    cost: float

    @property
    def unexplained(self) -> int:
        return int((self.misfits | self.outside).sum())

    @property
    def denominator(self) -> int:
        return max(self.size - 1, 1)


@dataclass(frozen=True)
class Rule:
    """What is found of one metric."""

    metric: Metric
    polarity: str
    order: Whole  # 1 is best, 0 without a place: the published rank, else that of the value
    ranked: bool
    scoring_rule: str
    grid: Grid | None = None
    own: bool = False
    others: tuple[Grid, ...] = ()  # that fit as well
    without_ranks: tuple[int, ...] = ()  # sizes of a plain grid that the scores fit and the ranks do not
    outside: Flags = field(default_factory=lambda: np.zeros(0, bool))  # out of the order of the others
    predicted: tuple[int, int] = (0, 0)  # leave one out: agrees, of
    bands: tuple[tuple[int, int, int], ...] = ()  # score, lowest, highest

    @property
    def scored(self) -> Flags:
        return usable(self.metric.score)


def usable(series: Series) -> Flags:
    """Figures that can be scores at all."""
    scores = series.hundredths
    return np.asarray(series.held & (scores >= WHOLE) & (scores <= WORST), bool)


def rule_of(metric: Metric, complete: bool) -> Rule:
    """Find how a metric was scored. `complete` says that the whole league is at hand."""
    polarity = polarity_of(metric)
    order, ranked = _order(metric, polarity)
    rule = Rule(metric, polarity, order, ranked, DISCRETE, outside=np.zeros(len(order), bool))
    scores, scored = metric.score.hundredths, usable(metric.score)
    if not scored.any():
        return rule
    grids = [grid for form in FORMS for grid in _grids(form, scores, scored, order, ranked, complete)]
    if not grids or (metric.score.whole and not (ranked and _is_by_rank(grids, order, scored, complete))):
        return _banded(replace(rule, others=tuple(grid for grid in grids if ranked and not grid.unexplained)))
    cheapest = min(grids, key=lambda grid: (grid.cost, grid.size))
    others = sorted(
        (grid for grid in grids if grid is not cheapest and grid.unexplained <= cheapest.unexplained),
        key=lambda grid: (grid.form is not cheapest.form, grid.size),
    )
    plain = next(form for form in FORMS if form.beyond is None)
    rule = replace(rule, scoring_rule=cheapest.form.name, grid=cheapest, others=tuple(others))
    if cheapest.form is not plain:
        rule = replace(rule, without_ranks=_sizes(plain, scores[scored]))
    cells = scored & ~cheapest.outside
    rule = replace(rule, outside=cheapest.outside, own=_own(cheapest, order, cells, complete))
    return replace(rule, predicted=_left_out(rule))


def grids_by_size(rule: Rule) -> dict[int, Grid]:
    """All grids of the form found that explain as many scores as the one found."""
    assert rule.grid is not None
    alike = [rule.grid, *(grid for grid in rule.others if grid.form is rule.grid.form)]
    return {grid.size: grid for grid in alike}


def forms_that_fit(rule: Rule) -> list[Form]:
    """The form found, then the others that explain as many scores."""
    assert rule.grid is not None
    return list(dict.fromkeys(grid.form for grid in (rule.grid, *rule.others)))


def of_form(rule: Rule, name: str, complete: bool) -> Rule:
    """The same rule by the smallest grid of another form that does as well; the rule itself where none does."""
    fits = [grid for grid in rule.others if grid.form.name == name]
    if rule.scoring_rule == name or not fits:
        return rule
    changed = of_size(rule, min(fits, key=lambda grid: grid.size))
    cells = rule.scored & ~rule.outside
    assert changed.grid is not None
    changed = replace(changed, scoring_rule=name, own=_own(changed.grid, rule.order, cells, complete))
    return replace(changed, predicted=_left_out(changed))


def of_size(rule: Rule, grid: Grid) -> Rule:
    """The same rule with another of the grids that do as well."""
    assert rule.grid is not None
    if grid is rule.grid:
        return rule
    others = (rule.grid, *(other for other in rule.others if other is not grid))
    changed = replace(rule, grid=grid, others=others)
    return replace(changed, predicted=_left_out(changed))


def _sizes(form: Form, scores: Whole) -> tuple[int, ...]:
    """Sizes of a grid that holds all scores, whatever the ranks say."""
    fits = _ladders(form)[1][len(scores) - 1 :, scores - form.best].all(axis=1)
    return tuple(int(size) for size in np.flatnonzero(fits) + len(scores))


def polarity_of(metric: Metric) -> str:
    """Which way is better: most pairs of values and scores say it. Without values, nothing does."""
    if metric.value is None:
        return ""
    both = metric.value.held & usable(metric.score)
    values, scores = metric.value.values[both], metric.score.values[both]
    turns = np.sign(values[:, None] - values[None, :]) * np.sign(scores[:, None] - scores[None, :])
    if not turns.sum():
        ranked = both & (metric.value.ranks > 0)
        values, ranks = metric.value.values[ranked], metric.value.ranks[ranked]
        turns = np.sign(values[:, None] - values[None, :]) * np.sign(ranks[:, None] - ranks[None, :])
    return "lower" if turns.sum() > 0 else "higher" if turns.sum() < 0 else ""


def _order(metric: Metric, polarity: str) -> tuple[Whole, bool]:
    """The published rank, of the value or of the score; else the rank of the value, which two decimals may hide."""
    for series in (metric.value, metric.score):
        if series is not None and 2 * (series.ranks[series.held] > 0).sum() > series.held.sum():
            return series.ranks * series.held, True
    order = np.zeros(len(metric.score.held), np.int64)
    source = metric.value if metric.value is not None and polarity else metric.score
    sign = -1 if source is metric.value and polarity == "higher" else 1
    held = sign * source.values[source.held]
    order[source.held] = 1 + (held[None, :] < held[:, None]).sum(axis=1)
    return order, False


def _is_by_rank(grids: list[Grid], order: Whole, scored: Flags, complete: bool) -> bool:
    """Whether whole scores are those of a very small grid: each follows from its rank alone, and there are more than
    two. Bands with a rank each fit a larger grid too, with organisations in between that nobody knows of."""
    fits = any(not grid.unexplained and _own(grid, order, scored, complete) for grid in grids)
    return fits and len(set(order[scored])) > 2


@cache
def _ladders(form: Form) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For every size up to the largest and every hundredth of the span: the nearest step, and whether it is on it."""
    sizes = np.maximum(np.arange(1, form.largest_size + 1) - 1, 1)[:, None]
    above = np.arange(form.span + 1)[None, :]
    steps = (2 * above * sizes + form.span) // (2 * form.span)
    on = (2 * form.span * steps + sizes) // (2 * sizes) == above
    on[0, 1:] = False  # alone in the band
    return np.asarray(steps), np.asarray(on)


def _grids(form: Form, scores: Whole, scored: Flags, order: Whole, ranked: bool, complete: bool) -> list[Grid]:
    """Every size of a form with what it costs; only those with the fewest misfits, and cheaper ones."""
    beyond = scored & (scores == form.beyond) if form.beyond is not None else np.zeros(len(scores), bool)
    if form.beyond is not None and not beyond.any():
        return []
    on = scored & ~beyond
    if not on.any():
        return []
    above = scores - form.best
    inside = on & (above >= 0) & (above <= form.span)
    steps_of, fits_of = _ladders(form)
    sizes = np.arange(max(int(on.sum()), 1), form.largest_size + 1)
    if not len(sizes):
        return []
    outside = _out_of_order(form, scores, scored, order, ranked)
    index = np.flatnonzero(inside)
    steps, fits = steps_of[sizes - 1][:, above[index]], fits_of[sizes - 1][:, above[index]]
    misfit = np.zeros((len(sizes), len(scores)), bool)
    misfit[:, index] = ~fits
    misfit[:, on & ~inside] = True
    placed = index[~outside[index] & (order[index] > 0)]
    if ranked and len(placed):
        placed = placed[np.argsort(order[placed], kind="stable")]
        met = int(beyond.sum()) if form.is_standard else 0
        ahead = steps_of[sizes - 1][:, above[placed]] - (order[placed] - 1 - met)  # of it, in other leagues
        misfit[:, placed] |= _crowded(ahead, fits_of[sizes - 1][:, above[placed]], complete)
    off = (misfit | outside).sum(axis=1)
    sides = float(scored.sum()) if form.beyond is not None else 0.0  # a bit each: beyond the threshold or not
    costs = off * OFF_GRID + (on.sum() - off).clip(0) * np.log2(np.maximum(sizes, 2)) + sides
    fewest = off.min()
    chosen = set(np.flatnonzero(off == fewest)) | {int(np.argmin(costs))}
    grids = []
    for i in sorted(chosen):
        found = np.full(len(scores), -1, np.int64)
        found[index] = np.where(fits[i], steps[i], -1)
        grids.append(Grid(form, int(sizes[i]), found, beyond, misfit[i] & ~outside, outside, float(costs[i])))
    return grids


def _crowded(ahead: NDArray[Any], on_grid: NDArray[np.bool_], complete: bool) -> NDArray[np.bool_]:
    """Where a size leaves no room for those ranked before an organisation, (sizes, cells by rank): fewer of other
    leagues would be ahead of it than of the one on the grid before it. `ahead` may be any constant off in part of a
    league, where nobody knows how many met the standard."""
    places = np.where(on_grid, np.arange(ahead.shape[1]), -1)
    before = np.maximum.accumulate(places, axis=1)
    before = np.concatenate([np.full((len(ahead), 1), -1), before[:, :-1]], axis=1)
    least = np.where(before >= 0, np.take_along_axis(ahead, before.clip(0), axis=1), 0 if complete else -WORST)
    return np.asarray(on_grid & (ahead < least))


def _own(grid: Grid, order: Whole, cells: Flags, complete: bool) -> bool:
    """Whether the population is the league itself: then every rank that was scored is the published one, and nobody
    else was ranked."""
    ranked = cells & (grid.steps >= 0)
    if not ranked.any() or (order[ranked] == 0).any():
        return False
    ahead = order[ranked] - 1 - grid.steps[ranked]  # those who met the standard
    met = int((grid.beyond & cells).sum()) if grid.form.is_standard else 0
    if not complete:
        return bool((ahead == ahead[0]).all()) and (grid.form.is_standard or not ahead[0])
    return bool((ahead == met).all()) and grid.size <= int((cells & ~grid.beyond).sum())


def _out_of_order(form: Form, scores: Whole, scored: Flags, order: Whole, ranked: bool) -> Flags:
    """Who breaks the order of the others. Beyond the threshold worse ranks share a score."""
    cells = np.flatnonzero(scored & (order > 0))
    outside = np.zeros(len(order), bool)
    ranks, figures = order[cells].tolist(), scores[cells].tolist()
    keys = [
        (score, rank if score == form.beyond else 0) if ranked else score
        for rank, score in zip(ranks, figures, strict=True)
    ]
    outside[cells] = out_of_line(ranks, keys, ties=not ranked)
    return outside


def _left_out(rule: Rule) -> tuple[int, int]:
    """Fit the size on all cells but one; is that one where its rank says (own population), or on the grid and between
    its neighbours (a population that crosses types)?"""
    grid = rule.grid
    assert grid is not None
    scores, scored = rule.metric.score.hundredths, rule.scored
    agrees = of = 0
    for i in np.flatnonzero(scored):
        of += 1
        if rule.outside[i]:
            continue
        if grid.beyond[i]:
            agrees += _beside_beyond(rule, i)
            continue
        without = scored.copy()
        without[i] = False
        size = _size_without(rule, without)
        if size is None:
            continue
        step = (2 * (scores[i] - grid.form.best) * max(size - 1, 1) + grid.form.span) // (2 * grid.form.span)
        shown = grid.form.best + (2 * grid.form.span * step + max(size - 1, 1)) // (2 * max(size - 1, 1))
        placed = not rule.own or step == grid.steps[i]
        agrees += bool(shown == scores[i] and 0 <= step < size and placed)
    return agrees, of


def _size_without(rule: Rule, without: Flags) -> int | None:
    """The cheapest size without one cell. In an own population the one left out is counted: its rank is published."""
    grid = rule.grid
    assert grid is not None
    scores = rule.metric.score.hundredths
    on = without & ~grid.beyond
    if not on.any():
        return None
    above = np.clip(scores[on] - grid.form.best, 0, grid.form.span)
    at_least = int(on.sum()) + 1
    fits = _ladders(grid.form)[1][at_least - 1 :, above]
    if not len(fits):
        return None
    sizes = np.arange(at_least, grid.form.largest_size + 1)
    off = (~fits).sum(axis=1)
    costs = off * OFF_GRID + (on.sum() - off).clip(0) * np.log2(np.maximum(sizes, 2))
    return int(sizes[int(np.argmin(costs))])


def _beside_beyond(rule: Rule, i: Any) -> bool:
    """A cell beyond the threshold is foretold where another one beyond is nearer to it."""
    assert rule.grid is not None
    others = rule.grid.beyond & rule.scored
    others[i] = False
    order = rule.order
    if rule.grid.form.is_standard:
        return bool(others.any() and order[others].max() >= order[i])
    return bool(others.any() and order[others].min() <= order[i])


def threshold(rule: Rule) -> tuple[int | None, int | None]:
    """The value nearest to the threshold on its better and on its worse side, in millionths."""
    grid, value = rule.grid, rule.metric.value
    if grid is None or grid.form.beyond is None or value is None:
        return None, None
    cells = rule.scored & value.held & ~rule.outside & ~grid.misfits
    better, worse = (grid.beyond, ~grid.beyond) if grid.form.is_standard else (~grid.beyond, grid.beyond)
    sides = value.values[cells & better], value.values[cells & worse]
    nearest: tuple[Callable[..., Any], Callable[..., Any]] = (max, min) if rule.polarity == "lower" else (min, max)
    met, missed = (int(pick(side)) if len(side) else None for pick, side in zip(nearest, sides, strict=True))
    return met, missed


def _banded(rule: Rule) -> Rule:
    """Whether a discrete score is a band of its value: the fewest whose removal leaves bands that do not overlap."""
    value = rule.metric.value
    if value is None or not rule.polarity:
        return rule
    cells, scores = rule.scored & value.held, rule.metric.score.hundredths
    sign = -1 if rule.polarity == "higher" else 1
    outside = np.zeros(len(scores), bool)
    at = np.flatnonzero(cells)
    outside[at] = out_of_line((sign * value.values[at]).tolist(), scores[at].tolist(), ties=True)
    inside = cells & ~outside
    if outside.sum() > cells.sum() / SLIPS:
        return rule
    bands, agrees = [], 0
    for score in np.unique(scores[inside]):
        of_it = value.values[inside & (scores == score)]
        bands.append((int(score), int(of_it.min()), int(of_it.max())))
        agrees += int(((of_it > of_it.min()) & (of_it < of_it.max())).sum()) if len(of_it) > 2 else 0
        agrees += sum(int((of_it == end).sum()) for end in {of_it.min(), of_it.max()} if (of_it == end).sum() > 1)
    predicted = agrees, int(cells.sum())
    return replace(rule, scoring_rule="bands", bands=tuple(bands), outside=outside, predicted=predicted)


def name_contradictions(publication: Publication, rule: Rule) -> None:
    """Name the cells that the rule of their own metric does not allow."""
    score, value = rule.metric.score, rule.metric.value
    cells = int(rule.scored.sum())
    if value is not None:
        alone = np.flatnonzero(value.held & ~score.held)
        if len(alone) <= value.held.sum() / SLIPS:
            publication.say(
                "score_missing", value, alone, [value.shown(i) for i in alone], f"a row {score.published_id}"
            )
    if rule.bands:
        odd = np.flatnonzero(rule.outside)
        told = [f"{score.shown(i)} of value {value.shown(i)}" for i in odd] if value is not None else []
        publication.say("score_against_band", score, odd, told, "the score of the values around it")
        return
    if rule.grid is None:
        return
    wrong = rule.grid.misfits & ~rule.outside
    if (wrong | rule.outside).sum() > cells / REFUSED:
        many = f"{int((wrong | rule.outside).sum())} of {cells} scores fit none"
        publication.say_of_league("scores_follow_no_rule", score, many, "a grid by rank, or whole scores")
        return
    odd = np.flatnonzero(rule.outside)
    kind = "rank_against_score" if rule.ranked else "score_against_value"
    publication.say(
        kind, score, odd, [f"{score.shown(i)} of rank {rule.order[i]}" for i in odd], "scores rise with ranks"
    )
    off = np.flatnonzero(wrong)
    expected = f"a score that {rule.grid.form.name} gives with {rule.grid.size} organisations"
    publication.say("score_off_grid", score, off, [score.shown(i) for i in off], expected)
