"""The method, a page a question; what critics asked, and where it is answered."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.editions import Editions
from orchestration.site.render import File, page


def pages(shown: Editions) -> Iterator[File]:
    """All pages of the method."""
    for path in ("method", "method/likely-range"):
        yield page("plain", path, path)
