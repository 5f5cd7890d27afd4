"""The publishers' bytes, content-addressed and read-only. `lock.py` records what each file is."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.errors import LeagueError
from orchestration.workspace.files import sha256_of_file, written_beside
from orchestration.workspace.paths import Workspace


class Store:
    """Files by sha256 under `<data>/store`."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.store

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def put(self, file: Path, sha256: str, name: str) -> None:
        """Keeps a file under its hash. Raises LeagueError where the file no longer has that hash."""
        path = self.path(sha256)
        if not path.exists():
            with written_beside(path) as scratch:
                shutil.copyfile(file, scratch)
                if sha256_of_file(scratch) != sha256:
                    raise LeagueError(f"{name} changed while it was being read")
                scratch.chmod(0o444)

    def get(self, sha256: str) -> Path:
        """The stored file. Raises LeagueError when it is gone or no longer has the hash it is stored under."""
        path = self.path(sha256)
        if not path.exists():
            raise LeagueError(f"{path} is not in the store")
        if sha256_of_file(path) != sha256:
            raise LeagueError(f"{path} was changed: it no longer has the sha256 it is stored under")
        return path
