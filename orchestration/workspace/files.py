"""Files that are whole or not there: locks, writing beside and renaming, removing, hashes.

Does not belong here: where things are (`paths.py`), what is in them."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout, lock_descriptor

from orchestration.errors import LeagueError, cannot_be_read

MADE = {"target", "logs", "__pycache__"}  # folders that git would not keep
NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # what a file system without them answers
SCRATCH = re.compile(r"\..+\.\d+\.tmp")  # what `written_beside` writes to


@contextmanager
def alone(path: Path, busy: str | None = None) -> Iterator[None]:
    """Holds a lock on a file that serves nothing else, for one process at a time. A killed process lets it go. Others
    wait or, where there is something to say to them, are refused: LeagueError `busy`. So is a file system without
    locks: a file that stands for one would be left by a killed process, and hold up all others for ever."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0 if busy else -1, fallback_to_soft=False)
    try:
        with _locking(path):
            lock.acquire()
    except Timeout:
        raise LeagueError(busy) from None
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a process is `alone` with a file now. Who asks needs no right to write there."""
    with suppress(FileNotFoundError), path.open() as file, _locking(path):
        return not lock_descriptor(file.fileno(), blocking=False)  # let go of with the file
    return False


@contextmanager
def _locking(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        to_do = "its folder has to be on a file system with locks, such as a local disk"
        raise LeagueError(f"{path} cannot be locked ({error.strerror}): {to_do}") from error


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


def paths_below(folder: Path) -> list[Path]:
    """All files, folders and links below a folder, in order; what a link leads to is not entered. Raises LeagueError
    where a folder cannot be read: `Path.rglob` goes on as if it were empty."""

    def refuse(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise cannot_be_read(error.filename, error) from error

    found = list[Path]()
    for at, folders, names in os.walk(folder, onerror=refuse):
        if not os.access(at, os.X_OK):  # it can be listed, and nothing in it opened
            refuse(PermissionError(errno.EACCES, os.strerror(errno.EACCES), at))
        found += [Path(at, name) for name in (*folders, *names)]
    return sorted(found)


def files_of_tree(*folders: Path) -> Iterator[tuple[Path, Path]]:
    """The folder and the path inside it of all files that git would keep."""
    for folder in folders:
        found = list[Path]()
        for at, inside, names in os.walk(folder):
            inside[:] = [name for name in inside if name not in MADE]
            found += [Path(at, name).relative_to(folder) for name in names if not name.startswith(".")]
        yield from ((folder, path) for path in sorted(found))


def sha256_of_tree(*folders: Path) -> str:
    """One hash over the names and bytes of all files that git would keep."""
    digest = hashlib.sha256()
    for folder, inside in files_of_tree(*folders):
        digest.update(f"{inside.as_posix()}\0".encode() + (folder / inside).read_bytes() + b"\0")
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """Raises LeagueError where this user may not read it."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except PermissionError as error:
        raise cannot_be_read(path, error) from error
