"""A receipt of a verification: what was compared with what, by which code, when, by whom, and what came of it.

It is JSON without a signature: whoever has to prove something to others signs it with tools of their own."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import requires, version
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from orchestration.errors import LeagueError
from orchestration.releases.decisions import user
from orchestration.releases.release import PACKAGE, Release
from orchestration.workspace.files import located, write_atomically
from orchestration.workspace.paths import PROJECT

PROJECT_NAME = "nhs-league-tables"
LIBRARY = re.compile(r"[\w.-]+")


def facts(release: Release, differences: list[str]) -> dict[str, Any]:
    """All that a receipt says of a verification that ended now."""
    try:
        standing, head = release.standing(), release.record().head
    except LeagueError as error:
        standing, head = str(error), None
    return {
        "result": "different" if differences else "equal",
        "differences": differences,
        "release": str(release.folder.resolve()),
        "quarter": release.quarter,
        "version": release.version,
        "standing": standing,
        "decisions_sha256": head,
        "package_sha256": release.package_sha256(),
        "content_sha256": release.content_sha256(),
        "files": {PACKAGE: f"sha256:{release.package_sha256()}"}
        | {resource["path"]: resource["hash"] for resource in release.package["resources"]},
        "extracts": {source["file_name"]: f"sha256:{source['sha256']}" for source in release.package["sources"]},
        "rules": len(release.package["rules"]),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": user(),
        "machine": platform.node(),
        "commit": _git("rev-parse", "HEAD"),
        "changed_since_the_commit": (_git("status", "--porcelain") or "").splitlines(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in (PROJECT_NAME, *_libraries())},
    }


def refuse_where_not_writable(path: Path) -> None:
    """Raises LeagueError before a build of which no receipt could be written."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise LeagueError(f"{folder} is not a folder: no receipt can be written there")
    with located(path), TemporaryFile(dir=folder):
        pass


def write(path: Path, said: dict[str, Any]) -> None:
    write_atomically(path, json.dumps(said, indent=1, sort_keys=True).encode() + b"\n")


def _libraries() -> list[str]:
    """What this project needs; the sha256 of the lock of all libraries is among the rules of the release."""
    needed = [one for one in requires(PROJECT_NAME) or () if "extra ==" not in one]
    return sorted(found[0] for one in needed if (found := LIBRARY.match(one)))


def _git(*arguments: str) -> str | None:
    """What git says of this checkout; None where it is none."""
    if (git := shutil.which("git")) is None:
        return None
    said = subprocess.run([git, *arguments], cwd=PROJECT, capture_output=True, text=True)  # noqa: S603
    return said.stdout.strip() if said.returncode == 0 else None
