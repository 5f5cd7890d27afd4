"""The page of one organisation in one league of one quarter."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site import sentences
from orchestration.site.render import File, page
from orchestration.site.view import Edition, League


def pages(edition: Edition, league: League) -> Iterator[File]:
    """A page for each member of a league."""
    for member in league.members:
        yield page("plain", sentences.address(edition, league, member), member.name, edition=edition)
