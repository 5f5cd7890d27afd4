"""The releases of a data folder: which there are, and recording that a person approved or withdrew one.

Does not belong here: what one release holds and whether it is intact (`release.py`), making one (`publish.py`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.quarters import WRITTEN, Quarter, known_quarters
from orchestration.releases.decisions import APPROVED, REINSTATED, WITHDRAWN, Decision
from orchestration.releases.release import Release
from orchestration.text import IN_NAMES
from orchestration.workspace.paths import Workspace

LONGEST = 500  # characters of a name or reason: a sentence or two


def quarters_released(workspace: Workspace) -> list[str]:
    """The quarters that have a release, in order. A folder of another name is a copy that somebody made."""
    folders = (workspace.data_dir / "releases").glob("*")
    return sorted(path.name for path in folders if WRITTEN.fullmatch(path.name) and versions(path))


def versions(releases: Path) -> list[int]:
    """The numbers of the versions of a quarter, in order."""
    return sorted(int(path.name[1:]) for path in releases.glob("v*") if path.name[1:].isdecimal())


def latest_version(releases: Path) -> int:
    """The number of the last version of a quarter, 0 where there is none."""
    return max(versions(releases), default=0)


def in_force(releases: Path) -> Release | None:
    """The newest approved version. Nobody can approve a fictional one, so of these the newest that is not withdrawn."""
    for number in reversed(versions(releases)):
        release = Release.read(releases / f"v{number}")
        state, _ = release.state()
        if state == APPROVED or (release.synthetic and state != WITHDRAWN):
            return release
    return None


def find(
    workspace: Workspace, quarter: str | None = None, version: int | None = None, framework: str | None = None
) -> Release:
    """Reads a version of a quarter, the last of the last unless said otherwise, of those that are scored under a
    framework where one is named. Raises LeagueError, which lists what there is, where it is not there."""
    there = {one: workspace.releases(one) for one in quarters_released(workspace)}
    if framework:
        there = {one: folder for one in known_quarters() if versions(folder := workspace.rescored(one, framework))}
    quarter = quarter or max(there, default=None)
    numbers = versions(there[quarter]) if quarter in there else []
    if quarter is None or not numbers or version not in (None, *numbers):
        have = ", ".join(f"{one} v{number}" for one, folder in there.items() for number in versions(folder))
        wanted = f" of {quarter}" if quarter else ""
        wanted += f" v{version}" if version else ""
        wanted += f" under {framework}" if framework else ""
        command = f"rescore --framework {framework}" if framework else "build"
        raise LeagueError(
            f"no release{wanted} in {workspace.data_dir}; there is {have or 'none'};"
            f" league {command} --extracts FOLDER --quarter {quarter or 'QUARTER'} makes one"
        )
    return Release.read(there[quarter] / f"v{version or numbers[-1]}")


def shelves(workspace: Workspace) -> dict[str, Path]:
    """Where the releases of each quarter are, those of the series and of rescores."""
    found = {quarter: workspace.releases(quarter) for quarter in quarters_released(workspace)}
    others = sorted(workspace.series.parent.glob("*"))
    return found | {folder.name: folder for folder in others if versions(folder)}


def also_read(workspace: Workspace, quarter: str) -> list[Release]:
    """The approved releases that have months of a quarter besides its own: those of the quarter after it, which read
    the one before, and of series."""
    after = Quarter(quarter).following(1)[-1]
    folders = (workspace.releases(after), workspace.series)
    found = [Release.read(folder / f"v{number}") for folder in folders for number in versions(folder)]
    reaches = [one for one in found if not one.since or one.since <= quarter <= one.quarter]
    return [one for one in reaches if one.state()[0] == APPROVED]


def require_one_kind(workspace: Workspace, synthetic: bool) -> None:
    """Keeps fictional and real releases apart: one would become a version of the other. Raises LeagueError where the
    data folder has a release of the other kind."""
    for releases in shelves(workspace).values():
        last = Release.read(releases / f"v{latest_version(releases)}")
        if last.synthetic != synthetic:
            there, these = ("fictional", "real") if last.synthetic else ("real", "fictional")
            raise LeagueError(
                f"{workspace.data_dir} holds {there} releases, such as {last}, and these files are {these}:"
                " build them with another --data-dir"
            )


def require_same_kind(before: Release, after: Release) -> None:
    """Raises LeagueError where one of two releases is fictional and the other real, one is a series, or they are under
    other rules."""
    if before.since or after.since:
        raise LeagueError("a series is compared with nothing: name releases of quarters")
    if before.framework != after.framework:
        one, rules = (before, before.framework) if before.framework else (after, after.framework)
        raise LeagueError(f"{one} is scored under the rules of {rules}, and the other is not")
    if before.synthetic != after.synthetic:
        fictional = before if before.synthetic else after
        raise LeagueError(f"{fictional} is fictional and the other is real: there is nothing to compare")


def decide(release: Release, state: str, text: str, confirm: Callable[[], object]) -> Decision:
    """Records that somebody approves (`text` is who), withdraws or reinstates (`text` is why) a release. `confirm` is
    asked once all is checked, and raises where nothing is to be recorded. Raises LeagueError where the decision may not
    be, somebody else decided meanwhile, or the release is a copy: nobody who reads the original would learn of it."""
    whole, place = release.folder.resolve(), release.shelf(Workspace(Path())) / f"v{release.version}"
    if whole.parts[-len(place.parts) :] != place.parts:
        raise LeagueError(f"{release} is a copy: decide on the one that a data folder has as {place}")
    record, content = release.record(), release.package_sha256()
    text = text.strip()
    if not any(map(str.isalnum, text)):
        raise LeagueError(f"say who approves {release}" if state == APPROVED else f"say why {release} is {state}")
    if IN_NAMES.search(text) or len(text) > LONGEST:
        raise LeagueError(f"a name or a reason is one line of at most {LONGEST} characters")
    now, why = release.state()
    if state == APPROVED:
        if release.synthetic:
            raise LeagueError(f"{release} is made of fictional files: nobody can approve it")
        if release.framework:
            raise LeagueError(f"{release} is experimental: nobody can approve it. {release.package['description']}")
        if found := list(release.damage()):
            raise LeagueError(f"{release} is damaged and cannot be approved\n" + "\n".join(found))
        if now == WITHDRAWN:
            raise LeagueError(f"{release} was withdrawn: {why}; league reinstate takes that back")
    if state == WITHDRAWN == now:
        raise LeagueError(f"{release} is withdrawn already: {why}")
    if state == REINSTATED and now != WITHDRAWN:
        raise LeagueError(f"{release} is not withdrawn, it is {now}: {why}")
    confirm()
    return record.append(state, text, content)
