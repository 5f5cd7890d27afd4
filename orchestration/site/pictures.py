"""Pictures inside pages, as SVG whose positions are percent: fluid without script, in colours of the stylesheet.

Left is better in every one. Each stands beside the same figures as text, so who cannot see it skips it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

HIDDEN = 'aria-hidden="true" focusable="false"'
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
    scale: Scale, quartiles: tuple[Decimal, Decimal] | None, middle: Decimal | None, own: Decimal
) -> Markup:
    """A value among others: box for the middle half, line for the middle one, ticks for all, dot for its own."""
    marks = ['<line class="axis" x1="0" x2="100%" y1="12" y2="12"/>']
    if quartiles:
        start, end = sorted(scale.share(one) for one in quartiles)
        marks += [f'<rect class="box" x="{_percent(start)}" y="4" width="{_percent(end - start)}" height="16"/>']
    marks += [scale.ticks]
    if middle is not None:
        at = _percent(scale.share(middle))
        marks += [f'<line class="middle" x1="{at}" x2="{at}" y1="1" y2="23"/>']
    marks += [f'<circle class="dot" cx="{_percent(scale.share(own))}" cy="12" r="5"/>']
    return Markup(f'<svg class="strip" width="100%" height="24" {HIDDEN}>{"".join(marks)}</svg>')  # noqa: S704 - numbers only


def series(values: Sequence[Decimal], middle: Decimal | None) -> Markup:
    """The months of one measure as a line, its mean dashed, the last month as a dot. Up is more, not better."""
    low, high = min(*values, middle or values[0]), max(*values, middle or values[0])

    def y(value: Decimal) -> str:
        return f"{18 if low == high else 33 - 30 * float((value - low) / (high - low)):.1f}"

    steps = [(f"{100 * place / max(len(values) - 1, 1):.1f}", y(value)) for place, value in enumerate(values)]
    line = "L".join(f"{x} {height}" for x, height in steps)
    mean = "" if middle is None else f'<line class="middle" x1="0" x2="100%" y1="{y(middle)}" y2="{y(middle)}"/>'
    return Markup(  # noqa: S704 - numbers only
        f'<svg class="series" width="120" height="36" {HIDDEN}>{mean}<svg width="100%" height="36" viewBox="0 0 100 36"'
        f' preserveAspectRatio="none"><path class="run" d="M{line}"/></svg>'
        f'<circle class="dot" cx="100%" cy="{steps[-1][1]}" r="4"/></svg>'
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
