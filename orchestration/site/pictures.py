"""Pictures inside pages, as SVG whose positions are percent: fluid without script, in colours of the stylesheet.

Left is better in every one. Each stands beside the same figures as text, so who cannot see it skips it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from math import asin, exp, log, pi, sin, sqrt

from markupsafe import Markup

from orchestration.site.rows import Point, Waiting

HIDDEN = 'aria-hidden="true" focusable="false"'
FUNNEL_LIMITS = (1.96, 3.09)  # `funnel_alert` and `funnel_alarm` of seed `decision_levels`; a test holds them to it
MIDDLE = '<line class="middle" x1="50%" x2="50%" y1="1" y2="23"/>'


def range_strip(count: int, low: int, high: int, place: int | None = None, alone: int | None = None) -> Markup:
    """A likely range of places among `count`: bar from low to high, dot at the place, ring at the place by score alone,
    line at the middle."""
    start, width = _percent((low - 1) / count), _percent((high - low + 1) / count)
    marks = ['<line class="axis" x1="0" x2="100%" y1="12" y2="12"/>', MIDDLE]
    marks += [f'<rect class="range" x="{start}" y="6" width="{width}" height="12" rx="3"/>']
    if place is not None:
        marks += [f'<circle class="dot" cx="{_percent((place - 0.5) / count)}" cy="12" r="5"/>']
    if alone is not None and alone != place:
        marks += [f'<circle class="ring" cx="{_percent((alone - 0.5) / count)}" cy="12" r="5"/>']
    return Markup(f'<svg class="strip" width="100%" height="24" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


@dataclass(frozen=True)
class Months:
    """Where months and values lie in a picture of them, as shares of its width and height. Higher is up."""

    first: int
    width: int
    lowest: float
    span: float

    @classmethod
    def of(cls, points: Sequence[Point], *others: Decimal | None) -> Months:
        """Of points in the order of their months, with room for other values."""
        shown = [float(one) for one in (*(point.value for point in points), *others) if one is not None]
        first, last = (_number(point) for point in (points[0], points[-1]))
        return cls(first, max(last - first, 1), min(shown), max(shown) - min(shown) or 1.0)

    def across(self, number: float) -> float:
        return 0.02 + 0.96 * (number - self.first) / self.width

    def down(self, value: Decimal) -> float:
        return 0.06 + 0.88 * (1 - (float(value) - self.lowest) / self.span)

    def line(self, points: Sequence[Point]) -> str:
        """A line through the values, which ends where a month is missing."""
        runs: list[list[str]] = []
        before = 0
        for point in points:
            number = _number(point)
            if number != before + 1:
                runs.append([])
            runs[-1].append(f"{1000 * self.across(number):.1f},{1000 * self.down(point.value):.1f}")
            before = number
        return _stretched("".join(f'<polyline class="run" points="{" ".join(run)}"/>' for run in runs))


def _number(point: Point) -> int:
    return point.month.year * 12 + point.month.month


def extent(points: Sequence[Point]) -> tuple[Decimal, Decimal]:
    """What is at the bottom of the picture of months and at its top."""
    found = (x for one in points for x in (one.value, one.lower_limit, one.upper_limit, one.target))
    shown = [one for one in found if one is not None]
    return min(shown), max(shown)


def months(points: Sequence[Point]) -> Markup:
    """Months in a row: a band of the usual range and its middle for each phase of each release, a line through the
    values, a mark at each, and the standard."""
    at = Months.of(points, *extent(points))
    marks = []
    for _, phase in groupby(points, key=lambda one: (one.phase, one.mean)):
        first, *others = phase
        if first.lower_limit is None or first.upper_limit is None or first.mean is None:
            continue
        last = others[-1] if others else first
        start, end = max(at.across(_number(first) - 0.5), 0), min(at.across(_number(last) + 0.5), 1)
        top, bottom = at.down(first.upper_limit), at.down(first.lower_limit)
        x, y = f'x="{_percent(start)}" width="{_percent(end - start)}"', f'y="{_percent(top)}"'
        marks += [f'<rect class="usual" {x} {y} height="{_percent(bottom - top)}"/>']
        marks += [_line("axis", start, end, at.down(first.mean))]
    if points[-1].target is not None:
        marks += [_line("standard", 0, 1, at.down(points[-1].target))]
    marks += [at.line(points)]
    marks += [_mark(point.variation, at.across(_number(point)), at.down(point.value)) for point in points]
    return Markup(f'<svg class="chart months" width="100%" height="140" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


def series(points: Sequence[Point]) -> Markup:
    """The same in little: a line through the values, their mean dashed, the last month as a dot."""
    mean, last = points[-1].mean, points[-1]
    at = Months.of(points, mean)
    marks = [] if mean is None else [_line("middle", 0, 1, at.down(mean))]
    x, y = _percent(at.across(_number(last))), _percent(at.down(last.value))
    marks += [at.line(points), f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>']
    return Markup(f'<svg class="series" width="120" height="36" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


def funnel(ranked: Sequence[Waiting]) -> Markup:
    """Shares by how many wait, on a scale of ten times as many; lines at the limits of the usual spread, which the
    table has the centre and the spread of."""
    counts = [log(row.pathways) for row in ranked]
    first, width = min(counts), (max(counts) - min(counts)) or 1.0
    centre, tau = float(ranked[0].funnel_centre or 0), float(ranked[0].tau or 0)
    steps = [first + width * step / 40 for step in range(41)]

    def limit(step: float, distance: float) -> float:
        """`docs/insight.md`, Specialties: z at a limit, solved for the share."""
        angle = asin(sqrt(centre / 100)) + distance * sqrt(1 / (4 * exp(step)) + tau**2)
        return 100 * sin(min(max(angle, 0), pi / 2)) ** 2

    alert, alarm = FUNNEL_LIMITS
    curves = {distance: [limit(step, distance) for step in steps] for distance in (-alarm, -alert, alert, alarm)}
    shares = [float(row.share_within_18_weeks) for row in ranked]
    drawn = [*shares, *(one for curve in curves.values() for one in curve)]
    lowest, span = min(drawn), (max(drawn) - min(drawn)) or 1.0

    def across(count: float) -> float:
        return 0.02 + 0.96 * (count - first) / width

    def down(share: float) -> float:
        return 0.04 + 0.92 * (1 - (share - lowest) / span)

    lines = [
        f'<polyline class="{"limit inner" if abs(distance) == alert else "limit"}" points="'
        + " ".join(f"{1000 * across(x):.1f},{1000 * down(y):.1f}" for x, y in zip(steps, curve, strict=True))
        + '"/>'
        for distance, curve in curves.items()
    ]
    marks = [_stretched("".join(lines)), _line("axis", 0, 1, down(centre))]
    for row, count, share in zip(ranked, counts, shares, strict=True):
        side = (row.funnel or "").partition(" ")[0]
        marks += [_mark({"below": "concern", "above": "improvement"}.get(side, ""), across(count), down(share))]
    return Markup(f'<svg class="chart funnel" width="100%" height="320" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


def _mark(verdict: str, x: float, y: float) -> str:
    """A small dot where chance explains it, a large one for the better, a diamond for the worse."""
    if verdict == "concern":
        return f'<svg x="{_percent(x)}" y="{_percent(y)}"><path class="flag" d="M0-6 6 0 0 6-6 0z"/></svg>'
    radius = 5 if verdict == "improvement" else 2.5
    return f'<circle class="dot" cx="{_percent(x)}" cy="{_percent(y)}" r="{radius}"/>'


def _line(kind: str, start: float, end: float, y: float) -> str:
    return f'<line class="{kind}" x1="{_percent(start)}" x2="{_percent(end)}" y1="{_percent(y)}" y2="{_percent(y)}"/>'


def _stretched(lines: str) -> str:
    """Lines in thousandths of the picture."""
    return f'<svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none">{lines}</svg>'


@dataclass(frozen=True)
class Scale:
    """Where the values of one measure lie in its picture: the better end left, the ends those that 2 in 100 go
    beyond, so that one odd value does not press all others together."""

    left: Decimal
    right: Decimal
    ticks: str  # of all values, as SVG: one path, the same on every page

    @classmethod
    def of(cls, values: Sequence[Decimal], lower_is_better: bool) -> Scale:
        """Of one value or more."""
        ordered = sorted(values, reverse=not lower_is_better)
        beyond = len(ordered) // 50
        left, right = ordered[beyond], ordered[-1 - beyond]
        at = sorted({round(1000 * _share(value, left, right)) for value in ordered})
        path = "".join(f"M{one} 6v12" for one in at)
        stretched = 'width="100%" height="24" viewBox="0 0 1000 24" preserveAspectRatio="none"'
        return cls(left, right, f'<svg {stretched}><path class="ticks" d="{path}"/></svg>')

    def share(self, value: Decimal) -> float:
        """From 0, the better end, to 1."""
        return _share(value, self.left, self.right)


def _share(value: Decimal, left: Decimal, right: Decimal) -> float:
    """How far from left to right, with room at the ends for a mark."""
    along = 0.5 if left == right else float((value - left) / (right - left))
    return 0.03 + 0.94 * min(max(along, 0), 1)


def value_strip(
    scale: Scale, quartiles: tuple[Decimal, Decimal] | None, middle: Decimal | None, own: Decimal | None = None
) -> Markup:
    """Values: box for the middle half, line for the middle one, ticks for all, and a dot where it is of one."""
    marks = ['<line class="axis" x1="0" x2="100%" y1="12" y2="12"/>']
    if quartiles:
        start, end = sorted(scale.share(one) for one in quartiles)
        marks += [f'<rect class="box" x="{_percent(start)}" y="4" width="{_percent(end - start)}" height="16"/>']
    marks += [scale.ticks]
    if middle is not None:
        at = _percent(scale.share(middle))
        marks += [f'<line class="middle" x1="{at}" x2="{at}" y1="1" y2="23"/>']
    if own is not None:
        marks += [f'<circle class="dot" cx="{_percent(scale.share(own))}" cy="12" r="5"/>']
    return Markup(f'<svg class="strip" width="100%" height="24" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


def value_line(scale: Scale, middle: Decimal | None) -> Markup:
    """What is the same in the picture of every value of a list: said once, and not drawn here."""
    marks = '<line class="axis" x1="0" x2="100%" y1="12" y2="12"/>'
    if middle is not None:
        at = _percent(scale.share(middle))
        marks += f'<line class="middle" x1="{at}" x2="{at}" y1="1" y2="23"/>'
    return Markup(f'<svg width="0" height="0" {HIDDEN}><defs><g id="line">{marks}</g></defs></svg>')  # noqa: S704 - numbers only


def value_range(scale: Scale, own: Decimal, likely: tuple[Decimal, Decimal] | None) -> Markup:
    """A value in a list, over the line of all: dot for itself, bar for where chance alone would have it."""
    bar = ""
    if likely:
        start, end = sorted(scale.share(one) for one in likely)
        bar = f'<rect class="range" x="{_percent(start)}" y="8" width="{_percent(end - start)}" height="8" rx="3"/>'
    dot = f'<circle class="dot" cx="{_percent(scale.share(own))}" cy="12" r="5"/>'
    return Markup(f'<svg class="strip" width="100%" height="24" {HIDDEN}><use href="#line"/>{bar}{dot}</svg>')  # noqa: S704 - numbers only


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
