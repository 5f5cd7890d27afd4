"""The publishers' bytes, content-addressed and read-only, and the lock file that says what each of them is."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.sources.descriptions import Source
from orchestration.workspace import Workspace, write_atomically


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Store:
    """Files by sha256 under `<data>/store`; `extracts.lock.json` has an entry for each, written on first sight."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.store
        self._lock_file = workspace.lock_file

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def put(self, content: bytes, name: str, source: Source) -> None:
        """Keeps a file under its hash and enters it into the lock on first sight."""
        sha256 = sha256_of(content)
        path = self.path(sha256)
        if not path.exists():
            write_atomically(path, content)
            path.chmod(0o444)
        lock = self.lock()
        if sha256 not in lock:
            lock[sha256] = {
                "source_id": source.id,
                "file_name": name,
                "bytes": len(content),
                "url": "not recorded",
                "landing_page": source.landing_page,
                "first_seen": date.today().isoformat(),
            }
            write_atomically(self._lock_file, json.dumps(lock, indent=1, sort_keys=True).encode() + b"\n")

    def get(self, sha256: str) -> bytes:
        """The stored bytes. Raises LeagueError when they are gone or no longer have the hash they are stored under."""
        path = self.path(sha256)
        if not path.exists():
            raise LeagueError(f"{path} is not in the store")
        content = path.read_bytes()
        if sha256_of(content) != sha256:
            raise LeagueError(f"{path} was changed: it no longer has the sha256 it is stored under")
        return content

    def lock(self) -> dict[str, dict[str, object]]:
        return json.loads(self._lock_file.read_text(encoding="utf-8")) if self._lock_file.exists() else {}
