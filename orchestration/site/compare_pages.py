"""Comparing two or three organisations of one league."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import File, page
from orchestration.site.view import Edition, League


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The page of a league that compares, where it has places."""
    if league.published:
        yield page("plain", edition.folder(league, "compare"), f"Compare: {league.title}", edition=edition)
