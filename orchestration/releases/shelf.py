"""The releases on disk: which there are, what they hold, whether they are whole, and what people said of them. Making
them is `release.py`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.errors import LeagueError
from orchestration.workspace.files import alone, sha256_of_file, sweep, write_atomically
from orchestration.workspace.paths import Workspace

CANDIDATE, APPROVED, WITHDRAWN = "candidate", "approved", "withdrawn"
EARLIEST_CONTRACT = (2, 2)  # before it, no table has the segment that the override leaves
PACKAGE, OPENLINEAGE = "datapackage.json", "openlineage.ndjson"


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


def package_of(release: Path) -> dict[str, Any]:
    """The descriptor of a release. Raises LeagueError where the folder holds none, or one that is cut short."""
    path = release / PACKAGE
    if not path.is_file():
        raise LeagueError(f"{release} is no release: it holds no {PACKAGE}")
    try:
        package: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LeagueError(f"{path} is damaged: it is not JSON: {error}") from None
    if not _lists_files(package):
        raise LeagueError(f"{path} is damaged: it does not list files with their hashes")
    return package


def _lists_files(package: Any) -> bool:
    listed = package.get("resources") if isinstance(package, dict) else None
    return isinstance(listed, list) and all(isinstance(one, dict) and {"path", "hash"} <= set(one) for one in listed)


def damage(release: Path) -> Iterator[str]:
    """What of a bundle is not as its own descriptor says: files changed, missing or unknown to it."""
    described = {resource["path"]: resource for resource in package_of(release)["resources"]}
    there = {path.name for path in release.iterdir()} - {PACKAGE}
    yield from (f"{name} is missing" for name in sorted(set(described) - there))
    yield from (f"{name} is not part of the release" for name in sorted(there - set(described)))
    for name in sorted(there & set(described)):
        if f"sha256:{sha256_of_file(release / name)}" != described[name]["hash"]:
            yield f"{name} was changed: it has another sha256 than {PACKAGE} says"


def is_current(package: dict[str, Any]) -> bool:
    """Whether a release has all the tables and columns that are traced and compared today."""
    return tuple(int(part) for part in package["contract_version"].split(".")) >= EARLIEST_CONTRACT


def whole(release: Path) -> dict[str, Any]:
    """The descriptor of a release that can be traced and compared. Raises LeagueError where it is damaged or of an
    earlier contract."""
    package = package_of(release)
    if not is_current(package):
        raise LeagueError(
            f"{release} is of contract {package['contract_version']}, which does not say what its ranks were made from:"
            " build the quarter again"
        )
    found = list(damage(release))
    if found:
        raise LeagueError(f"{release} is damaged\n" + "\n".join(found))
    return package


def approve(release: Path, by: str) -> None:
    """Records that a person stands behind a release. Raises LeagueError where it is damaged or was withdrawn."""
    found = list(damage(release))
    if found:
        raise LeagueError(f"{release} is damaged and cannot be approved\n" + "\n".join(found))
    if state(release)[0] == WITHDRAWN:
        raise LeagueError(f"{release} was withdrawn: {state(release)[1]}")
    _record(release, {"state": APPROVED, "by": by})


def withdraw(release: Path, reason: str) -> None:
    """Marks a release, and deletes nothing. Raises LeagueError where the folder is no release."""
    package_of(release)
    _record(release, {"state": WITHDRAWN, "reason": reason})


def state(release: Path) -> tuple[str, str]:
    """candidate, approved or withdrawn, and by whom, when or why. An approval holds for the bytes it was given for."""
    said = _said(release)
    if not said:
        return CANDIDATE, "nobody has approved it"
    last = said[-1]
    if last["state"] == WITHDRAWN:
        return WITHDRAWN, f"{last['reason']} ({last['on']})"
    if last["package_sha256"] != sha256_of_file(release / PACKAGE) or any(damage(release)):
        return CANDIDATE, f"{last['by']} approved other bytes on {last['on']}"
    return APPROVED, f"{last['by']}, {last['on']}"


def _said(release: Path) -> list[dict[str, str]]:
    path = _record_of(release)
    try:
        found: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    except ValueError as error:
        raise LeagueError(f"{path} is damaged: it is not JSON: {error}") from None
    return found


def _record(release: Path, entry: dict[str, str]) -> None:
    entry |= {"on": date.today().isoformat(), "package_sha256": sha256_of_file(release / PACKAGE)}
    path = _record_of(release)
    with alone(path.with_name(".approval.lock")):
        sweep(path.parent.iterdir())
        content = json.dumps([*_said(release), entry], indent=1, sort_keys=True)
        write_atomically(path, content.encode() + b"\n")


def _record_of(release: Path) -> Path:
    """Beside the bundle, which never changes."""
    return release.resolve().parent / f"{release.resolve().name}.approval.json"
