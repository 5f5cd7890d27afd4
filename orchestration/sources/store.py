"""The publishers' bytes, content-addressed and read-only, and the lock file that says what each of them is."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.sources.descriptions import Source
from orchestration.workspace import Workspace, write_atomically


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A scratch name to write to, renamed when all went well: a reader sees the old file, the new one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


class Store:
    """Files by sha256 under `<data>/store`; `extracts.lock.json` has an entry for each, written on first sight."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.store
        self._lock_file = workspace.lock_file

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def put(self, file: Path, sha256: str, name: str, source: Source) -> None:
        """Keeps a file under its hash and enters it into the lock on first sight. Raises LeagueError where the file no
        longer has that hash."""
        path = self.path(sha256)
        if not path.exists():
            with written_beside(path) as scratch:
                shutil.copyfile(file, scratch)
                if sha256_of(scratch) != sha256:
                    raise LeagueError(f"{name} changed while it was being read")
                scratch.chmod(0o444)
        lock = self.lock()
        if sha256 not in lock:
            lock[sha256] = {
                "source_id": source.id,
                "file_name": name,
                "bytes": path.stat().st_size,
                "url": "not recorded",
                "landing_page": source.landing_page,
                "first_seen": date.today().isoformat(),
            }
            write_atomically(self._lock_file, json.dumps(lock, indent=1, sort_keys=True).encode() + b"\n")

    def get(self, sha256: str) -> Path:
        """The stored file. Raises LeagueError when it is gone or no longer has the hash it is stored under."""
        path = self.path(sha256)
        if not path.exists():
            raise LeagueError(f"{path} is not in the store")
        if sha256_of(path) != sha256:
            raise LeagueError(f"{path} was changed: it no longer has the sha256 it is stored under")
        return path

    def lock(self) -> dict[str, dict[str, object]]:
        return json.loads(self._lock_file.read_text(encoding="utf-8")) if self._lock_file.exists() else {}
