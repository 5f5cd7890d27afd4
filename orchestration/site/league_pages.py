"""The pages of a league: in groups by the likely range, and as one ranked table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from orchestration.site import sentences
from orchestration.site.render import Crumb, File, page
from orchestration.site.rows import Value, rows_of
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
    lacking = {
        "missing": _with_reasons(edition, league, league.coverage.metrics_missing),
        "earlier": _with_reasons(edition, league, league.coverage.metrics_of_an_earlier_month),
    }
    yield page(
        "league",
        edition.folder(league),
        league.title,
        above(edition),
        edition,
        league=league,
        groups=groups,
        **lacking,
    )
    if league.published:
        yield page(
            "ranked",
            edition.folder(league, "ranked"),
            f"{league.title}: ranked",
            above(edition, league),
            edition,
            league=league,
            **lacking,
        )


def _with_reasons(edition: Edition, league: League, metrics: str | None) -> list[tuple[str, str]]:
    """Measures, each with why it is missing or late: what the release says of most members."""
    named, found = (metrics or "").split() if league.published else (), []
    for measure in (league.measures[metric] for metric in named):
        about = {"league": league.name, "metric_id": measure.metric_id, "value_basis": measure.value_basis}
        reasons = Counter(value.status_reason for value in rows_of(edition.release, Value, None, **about))
        [(reason, _)] = reasons.most_common(1) or [(None, 0)]
        found.append((measure.plain_name, sentences.in_words(reason)))
    return found
