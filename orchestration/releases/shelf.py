"""The releases of a data folder: which there are, and recording that a person approved or withdrew one.

Does not belong here: what one release holds and whether it is intact (`release.py`), making one (`publish.py`)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.releases.release import APPROVED, WITHDRAWN, Release
from orchestration.workspace.files import alone, sweep, write_atomically
from orchestration.workspace.paths import Workspace


def quarters_released(workspace: Workspace) -> list[str]:
    """The quarters that have a release, in order."""
    folder = workspace.data_dir / "releases"
    return sorted(path.name for path in folder.glob("*") if latest_version(path)) if folder.is_dir() else []


def latest_version(releases: Path) -> int:
    """The number of the last version of a quarter, 0 where there is none."""
    return max((int(path.name[1:]) for path in releases.glob("v*") if path.name[1:].isdigit()), default=0)


def latest_release(releases: Path) -> Release:
    """Reads the last version of a quarter. Raises LeagueError where there is none."""
    last = latest_version(releases)
    if not last:
        raise LeagueError(f"no release in {releases}")
    return Release.read(releases / f"v{last}")


def require_one_kind(workspace: Workspace, synthetic: bool) -> None:
    """Keeps fictional and real releases apart: one would become a version of the other. Raises LeagueError where the
    data folder has a release of the other kind."""
    for quarter in quarters_released(workspace):
        last = latest_release(workspace.releases(quarter))
        if last.synthetic != synthetic:
            there, these = ("fictional", "real") if last.synthetic else ("real", "fictional")
            raise LeagueError(
                f"{workspace.data_dir} holds {there} releases, such as {last}, and these files are {these}:"
                " build them with another --data-dir"
            )


def approve(release: Release, by: str) -> None:
    """Records that a person stands behind a release. Raises LeagueError where it is damaged or was withdrawn."""
    if found := list(release.damage()):
        raise LeagueError(f"{release} is damaged and cannot be approved\n" + "\n".join(found))
    state, why = release.state()
    if state == WITHDRAWN:
        raise LeagueError(f"{release} was withdrawn: {why}")
    _record(release, {"state": APPROVED, "by": by})


def withdraw(release: Release, reason: str) -> None:
    """Marks a release, and deletes nothing."""
    _record(release, {"state": WITHDRAWN, "reason": reason})


def _record(release: Release, decision: dict[str, str]) -> None:
    decision |= {"on": date.today().isoformat(), "package_sha256": release.package_sha256()}
    path = release.decisions_file
    with alone(path.with_name(".approval.lock")):
        sweep(path.parent.iterdir())
        content = json.dumps([*release.decisions(), decision], indent=1, sort_keys=True)
        write_atomically(path, content.encode() + b"\n")
