"""Pictures inside pages, as SVG whose positions are percent: fluid without script, in colours of the stylesheet.

Left is better in every one. Each stands beside the same figures as text, so who cannot see it skips it."""

from __future__ import annotations

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


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
