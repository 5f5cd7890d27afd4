"""Which releases a site shows: those that somebody approved, also when they were withdrawn since. Of a folder of
fictional releases, which nobody can approve, all.

Belongs here: choosing and reading them. Does not: what one says (`view.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter
from orchestration.releases import shelf
from orchestration.releases.decisions import APPROVED, WITHDRAWN
from orchestration.releases.release import Release
from orchestration.site import view
from orchestration.site.view import Edition, League
from orchestration.workspace.paths import Workspace

EARLIEST_CONTRACT = (3, 2)  # since it a release has what the pages show: guides, pairs, ranges of every place


@dataclass(frozen=True)
class Editions:
    """All that a site shows, by quarter and version."""

    all: tuple[Edition, ...]
    months: Release | None = None  # the newest release of the series of all months that may be shown

    @property
    def fictional(self) -> bool:
        """Whether all of it is invented: a data folder never has both kinds."""
        return all(one.synthetic for one in self.all)

    @property
    def in_force(self) -> tuple[Edition, ...]:
        """The newest version of each quarter that is not withdrawn, the newest quarter last."""
        last = {one.quarter: one for one in self.all if one.state != WITHDRAWN}
        return tuple(last[quarter] for quarter in sorted(last))

    @property
    def left(self) -> tuple[Quarter, ...]:
        """The quarters of which every version is withdrawn."""
        return tuple(sorted({one.quarter for one in self.all} - {one.quarter for one in self.in_force}))

    @property
    def front(self) -> Edition | None:
        """What living pages lead to: the newest edition in force, be it fictional."""
        return self.in_force[-1] if self.in_force else None

    @property
    def leagues(self) -> dict[str, tuple[Edition, League]]:
        """Each league in its order: with the newest edition in force that has it, else that names it."""
        found: dict[str, tuple[Edition, League]] = {}
        for edition in self.in_force:
            for league in edition.leagues:
                if league.published or league.name not in found or not found[league.name][1].published:
                    found[league.name] = (edition, league)
        return dict(sorted(found.items(), key=lambda item: item[1][1].order))

    @property
    def latest(self) -> Edition | None:
        """The newest edition in force that is real."""
        return None if self.fictional else self.front

    @property
    def newest(self) -> Edition:
        """The newest edition in force, or what comes closest to it where all are withdrawn."""
        return self.front or self.all[-1]

    def of_quarter(self, quarter: str) -> list[Edition]:
        return [one for one in self.all if one.quarter == quarter]


def read(workspace: Workspace, say: Callable[[str], object]) -> Editions:
    """Reads what a data folder has to show. Releases that nobody approved, or that an earlier contract has made, are
    said and left out. Raises LeagueError where one is damaged, or there is none to show."""
    found = []
    for quarter in shelf.quarters_released(workspace):
        for version in shelf.versions(workspace.releases(quarter)):
            release = Release.read(workspace.releases(quarter) / f"v{version}")
            if release.synthetic or release.record().decisions:  # a damaged one would be a candidate again
                _require_whole(release)
            if why := _left_out(release):
                say(f"{quarter} v{version} is left out: {why}")
            else:
                found.append(view.read(release))
    if not found:
        raise LeagueError(
            f"{workspace.data_dir} has no release to show: a site is made of approved ones; league approve QUARTER"
        )
    return Editions(tuple(found), _months(workspace))


def _months(workspace: Workspace) -> Release | None:
    release = shelf.in_force(workspace.series)
    if release:
        _require_whole(release)
    return release


def _require_whole(release: Release) -> None:
    if damaged := list(release.damage()):
        raise LeagueError(f"{release} is damaged\n" + "\n".join(damaged))


def _left_out(release: Release) -> str | None:
    contract = tuple(int(part) for part in release.package["contract_version"].split("."))
    if contract < EARLIEST_CONTRACT:
        return f"it is of contract {release.package['contract_version']}, before the tables that pages are made of"
    state, why = release.state()
    if release.synthetic or state in (APPROVED, WITHDRAWN):
        return None
    return f"it is a {state}: {why}"
