"""Building a ranking with weights of one's own."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import File, page
from orchestration.site.view import Edition, League


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The page of a league on which a reader sets weights, where it has places."""
    if league.published:
        yield page("plain", edition.folder(league, "build"), f"Build your own: {league.title}", edition=edition)
