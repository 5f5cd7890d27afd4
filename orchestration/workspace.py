"""Where things are. The checkout holds rules and source descriptions; a data folder holds everything a build makes.
No reading or writing of data here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import LeagueError

PROJECT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
STATISTICS = PROJECT / "orchestration" / "statistics"
SOURCES = PROJECT / "data" / "sources"
SUITES = PROJECT / "expectations"
SCRATCH = re.compile(r"\..+\.\d+\.tmp")  # what `written_beside` writes to


@dataclass(frozen=True)
class Workspace:
    """One data folder: a store of extracts, one working folder a quarter, and the releases."""

    data_dir: Path

    @property
    def store(self) -> Path:
        return self.data_dir / "store"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "extracts.lock.json"

    def releases(self, quarter: str) -> Path:
        return self.data_dir / "releases" / quarter

    def build(self, quarter: str) -> Build:
        return Build(self, quarter)


@dataclass(frozen=True)
class Build:
    """The working folder of one quarter: a build writes nowhere else, so quarters cannot disturb each other."""

    workspace: Workspace
    quarter: str

    @property
    def folder(self) -> Path:
        return self.workspace.data_dir / "work" / self.quarter

    @property
    def lock(self) -> Path:
        return self.folder.with_suffix(".lock")

    @property
    def unfinished(self) -> Path:
        """A release in the making. Beside the releases, so that it becomes one by its name alone."""
        return self.workspace.releases(self.quarter) / ".unfinished"

    @property
    def landed(self) -> Path:
        return self.folder / "landed"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    def parquet(self, table: str) -> Path:
        return self.landed / f"{table}.parquet"


@contextmanager
def alone(path: Path, busy: str | None = None) -> Iterator[None]:
    """One process at a time: holds a lock on a file that nothing else is done with, and that a killed process lets go.
    The others wait or, where there is something to say to them, are refused: LeagueError `busy`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if busy else fcntl.LOCK_EX)
        except BlockingIOError:
            raise LeagueError(busy) from None
        yield


@contextmanager
def located(path: Path) -> Iterator[None]:
    """Adds the file to an error of writing it, which does not say where it happened."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A scratch name to write to, renamed when all went well: a reader sees the old file, the new one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with located(path):
            yield scratch
            scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    with written_beside(path) as scratch:
        scratch.write_bytes(content)


def is_scratch(path: Path) -> bool:
    """Whether a file is one that `written_beside` has not finished, or never will: its process was killed."""
    return SCRATCH.fullmatch(path.name) is not None


def sweep(paths: Iterable[Path]) -> None:
    """Removes what killed processes left among some files. Only for who is alone with them."""
    for path in paths:
        if is_scratch(path):
            path.unlink(missing_ok=True)


def remove_tree(folder: Path) -> None:
    """Removes a folder where there is one, be it read-only."""
    if folder.exists():
        folder.chmod(0o755)
        shutil.rmtree(folder)


def files_of_tree(*folders: Path) -> Iterator[tuple[Path, Path]]:
    """The folder and the path inside it of all files that git would keep."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            made = {"target", "logs", "__pycache__"} & set(inside.parts)
            if path.is_file() and not made and not inside.name.startswith("."):
                yield folder, inside


def sha256_of_tree(*folders: Path) -> str:
    """One hash over the names and bytes of all files that git would keep."""
    digest = hashlib.sha256()
    for folder, inside in files_of_tree(*folders):
        digest.update(f"{inside.as_posix()}\0".encode() + (folder / inside).read_bytes() + b"\0")
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
