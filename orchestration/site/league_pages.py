"""The pages of a league: in groups by the likely range, and as one ranked table."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.site.render import Crumb, File, page
from orchestration.site.view import BETTER, EITHER, WORSE, Edition, League


def above(edition: Edition, league: League | None = None) -> tuple[Crumb, ...]:
    """What stands above a page of a version, or of one of its leagues."""
    return (
        Crumb("Start", ""),
        Crumb(edition.dates, edition.quarter.lower()),
        Crumb(f"Version {edition.version}", edition.path),
        *([Crumb(league.title, edition.folder(league))] if league else []),
    )


def pages(edition: Edition, league: League) -> Iterator[File]:
    """The page in groups and, where the league has places, the ranked table."""
    groups = {position: league.at(position) for position in (BETTER, EITHER, WORSE)}
    missing = [f"“{league.measures[one].plain_name}”" for one in (league.coverage.metrics_missing or "").split()]
    yield page(
        "league",
        edition.folder(league),
        league.title,
        above(edition),
        edition,
        league=league,
        groups=groups,
        missing=missing,
    )
    if league.published:
        yield page(
            "ranked",
            edition.folder(league, "ranked"),
            f"{league.title}: ranked",
            above(edition, league),
            edition,
            league=league,
        )
