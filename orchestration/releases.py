"""The releases on disk: which there are, which is the newest, what they hold. Making them is `release.py`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.workspace import Workspace, sha256_of_file


def quarters_released(workspace: Workspace) -> list[str]:
    """The quarters that have a release, in order."""
    folder = workspace.data_dir / "releases"
    return sorted(path.name for path in folder.glob("*") if latest_version(path)) if folder.is_dir() else []


def latest_version(releases: Path) -> int:
    """The number of the last version of a quarter, 0 where there is none."""
    return max((int(path.name[1:]) for path in releases.glob("v*") if path.name[1:].isdigit()), default=0)


def latest_release(releases: Path) -> Path:
    """The folder of the last version. Raises LeagueError where there is none."""
    last = latest_version(releases)
    if not last:
        raise LeagueError(f"no release in {releases}")
    return releases / f"v{last}"


def table_hashes(folder: Path) -> dict[str, str]:
    """The sha256 of every published table, by file name; two releases with equal ones have the same content."""
    return {path.name: sha256_of_file(path) for path in sorted(folder.glob("*.parquet"))}


def content_sha256(path: Path) -> str:
    """One hash of a release's tables."""
    return hashlib.sha256(json.dumps(table_hashes(path), sort_keys=True).encode()).hexdigest()
