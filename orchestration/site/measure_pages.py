"""The page of one measure in one league."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import File, page
from orchestration.site.view import Edition, League


def pages(edition: Edition, league: League) -> Iterator[File]:
    """A page for each measure of a league."""
    for measure in league.measures.values():
        yield page(
            "plain", edition.folder(league, "measures", measure.metric_id.lower()), measure.plain_name, edition=edition
        )
