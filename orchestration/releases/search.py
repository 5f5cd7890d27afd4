"""Looking organisations up in a release by code or by a part of their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from orchestration.errors import LeagueError
from orchestration.releases import shelf
from orchestration.releases.release import Release, Row
from orchestration.text import first_of
from orchestration.workspace.paths import Workspace

NAMED = 10


def search(release: Release, said: str) -> list[Row]:
    """The rows of `league_table` for an ODS code, else for all whose names have every word of a text, or begin a word
    with it. Raises LeagueError where there is none, with those that are near."""
    rows = release.rows("league_table")
    found = _meant(rows, said)
    if not found:
        near = sorted({_named(row) for row in rows if any(f" {word}" in f" {_plain(row)}" for word in _words(said))})
        hint = f"; near: {first_of(near, NAMED)}" if near else ""
        hint += _elsewhere(release, lambda other: bool(_meant(other.rows("league_table"), said)))
        raise LeagueError(f"{_why_none(release, said)}{hint}")
    return found


def require_league(release: Release, league: str) -> None:
    """Raises LeagueError where a release has no such league, with those that it has and the quarters that have it."""
    known = [row["league"] for row in release.rows("league_coverage")]
    if league not in known:
        hint = _elsewhere(release, lambda other: bool(other.rows("league_coverage", league=league)))
        raise LeagueError(f"{release} has no league {league}; known: {', '.join(known)}{hint}")


def _why_none(release: Release, said: str) -> str:
    code = said.strip().upper()
    guide = "organisation_guide"  # which a release of an earlier contract has not
    named = release.rows(guide, organisation_code=code) if guide in release.tables else []
    if not named:
        return f"no organisation of {release} has the code or the name {said}"
    return f"{_named(named[0])} is in no league of {release}: league trace {code} has its figures, --table its rows"


def _meant(rows: list[Row], said: str) -> list[Row]:
    if exact := [row for row in rows if row["organisation_code"] == said.strip().upper()]:
        return exact
    words = _words(said)
    return [row for row in rows if words and all(f" {word}" in f" {_plain(row)}" for word in words)]


def one(release: Release, said: str) -> str:
    """The code of the one organisation that a text means. Raises LeagueError, which lists them, where it is several."""
    found = sorted({_named(row) for row in search(release, said)})
    if len(found) > 1:
        raise LeagueError(f"{said} is {len(found)} organisations: {first_of(found, NAMED)}")
    return found[0].partition(" ")[0]


def _elsewhere(release: Release, has: Callable[[Release], bool]) -> str:
    """The other quarters of a data folder whose last releases have it. Nothing where a release lies elsewhere."""
    folder = release.folder.absolute()
    workspace = Workspace(folder.parent.parent.parent)
    if folder.parent != workspace.releases(release.quarter):
        return ""
    others = [quarter for quarter in shelf.quarters_released(workspace) if quarter != release.quarter]
    found = [quarter for quarter in others if _last_has(has, workspace, quarter)]
    return f"; it is in {', '.join(found)}: say --quarter" if found else ""


def _last_has(has: Callable[[Release], bool], workspace: Workspace, quarter: str) -> bool:
    with suppress(LeagueError):  # one that is damaged is not what was asked for
        found = shelf.find(workspace, quarter)
        return found.is_current() and has(found)
    return False


def _words(said: str) -> list[str]:
    return re.sub(r"\W+", " ", said.casefold()).split()


def _plain(row: Row) -> str:
    return " ".join(_words(str(row["organisation_name"])))


def _named(row: Row) -> str:
    return f"{row['organisation_code']} {row['organisation_name']}"
