"""Pages made anew with every decision: start, find, organisations across quarters, quarters, corrections."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.editions import Editions
from orchestration.site.render import File, page


def pages(shown: Editions) -> Iterator[File]:
    """All living pages but the method."""
    for path in ("", "find", "latest", "compare", "own", "corrections", "about", "accessibility", "privacy"):
        yield page("plain", path, path or "Start")
    for quarter in sorted({one.quarter for one in shown.all}):
        yield page("plain", quarter.lower(), quarter)
    codes = {code for one in shown.all for code in one.organisations}
    for code in sorted(codes):
        yield page("plain", f"org/{code}", code)
