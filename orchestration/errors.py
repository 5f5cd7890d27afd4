"""What can go wrong in ways a person can act on. Each error is one plain message; the command line prints it and exits
with 1. A programming mistake is not here: it stays a traceback."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

ROOM, RIGHTS = "make room there and start again", "let it be written to by this user and start again"
TO_DO = {
    os.strerror(errno.ENOSPC): ROOM,
    os.strerror(errno.EDQUOT): ROOM,
    "failed to offload data block": ROOM,  # DuckDB, of what it has no room for in memory
    "database or disk is full": ROOM,  # SQLite
    os.strerror(errno.EACCES): RIGHTS,
    os.strerror(errno.EPERM): RIGHTS,
    os.strerror(errno.EROFS): RIGHTS,
    os.strerror(errno.ENOTDIR): "a folder is needed there",
}


class LeagueError(Exception):
    """A refusal with its reason."""


class InputError(LeagueError):
    """A file is not what it should be: names the file, the row and the column, what was found and what was expected."""

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        row: int | None = None,
        column: str | None = None,
        found: object = None,
        expected: object = None,
    ) -> None:
        place = "".join([f", row {row}" if row else "", f", column {column}" if column else ""])
        detail = "".join(
            [f"; found {found!r:.200}" if found is not None else "", f"; expected {expected}" if expected else ""]
        )
        super().__init__(f"{file}{place}: {problem}{detail}")

    def __reduce__(self) -> tuple[Any, ...]:
        """It comes from another process as it was said there."""
        return InputError.__new__, (InputError, *self.args)


class GateError(LeagueError):
    """A gate is shut: a critical check failed, or its evidence is not for the data at hand."""


def cannot_be_read(path: str | Path, error: OSError) -> LeagueError:
    """The refusal of a file or folder that the operating system does not give us."""
    why = "let this user read it" if isinstance(error, PermissionError) else error.strerror
    return LeagueError(f"{path} cannot be read: {why}")


def what_to_do(said: str) -> str | None:
    """What to do where the operating system refuses to write. Libraries hand its words on, whatever kind of exception
    they make of them. None where nothing of the kind was said."""
    return next((advice for words, advice in TO_DO.items() if words in said), None)
