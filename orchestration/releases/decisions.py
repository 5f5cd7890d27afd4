"""The record of what people decided on a release: a chain of entries beside its folder, which nobody changes unseen.

Each entry has the sha256 of the one before and of itself, so that one which is edited, removed, inserted or moved is
found by whoever reads the record. A chain alone cannot show that its end was cut off, or that all of it was written
anew. So the last entry of every record stands a second time in one file for all releases, `decisions.lock.json`. Keep
it in version control beside the lock of the extracts: nothing else shows that somebody has rewritten both.

Belongs here: reading, checking and appending. Does not: which decision is allowed (`shelf.py`)."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from orchestration.errors import LeagueError
from orchestration.workspace.files import alone, sha256_of_file, sweep, write_atomically

CANDIDATE, APPROVED, WITHDRAWN, REINSTATED = "candidate", "approved", "withdrawn", "reinstated"
HEADS = "decisions.lock.json"
BEGINNING = "0" * 64  # what stands before the first entry where no record of the earlier form does
MOMENT = 0.1  # seconds between the changes of the two files, and many more
SHA256 = re.compile("[0-9a-f]{64}")
MEND = "put the record and releases/decisions.lock.json back from version control or a backup"


def to_the_minute(at: str) -> str:
    """A time of UTC for people: `2026-11-26 08:15 UTC`. A day stays one."""
    return f"{at[:10]} {at[11:16]} UTC" if "T" in at else at


@dataclass(frozen=True)
class Decision:
    """One entry. `text` is who approved a release, or why it was withdrawn or reinstated; `user` the system's name of
    who ran the command; `package_sha256` of the descriptor, which lists the sha256 of every file."""

    release: str
    number: int
    state: str
    text: str
    at: str
    user: str
    package_sha256: str
    previous: str
    sha256: str

    @classmethod
    def made(cls, **about: Any) -> Decision:
        return cls(**about, sha256=_sha256_of(about | {"sha256": ""}))

    @property
    def when(self) -> str:
        """For people; of an entry of the earlier form its day."""
        return to_the_minute(self.at)

    def line(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False).encode() + b"\n"


class Record:
    """The decisions on one release, read and found whole. Raises LeagueError, which says what is wrong, otherwise."""

    def __init__(self, folder: Path) -> None:
        folder = folder.resolve()
        self.release = f"{folder.parent.name}/{folder.name}"
        self.path = folder.with_name(f"{folder.name}.decisions.ndjson")
        self._earlier = folder.with_name(f"{folder.name}.approval.json")  # the form before the chain: never written to
        self._heads = folder.parent.with_name(HEADS)
        try:
            self.decisions = self._read()
        except LeagueError:  # somebody may be recording: two files do not change in one moment
            time.sleep(MOMENT)
            self.decisions = self._read()

    @property
    def head(self) -> str:
        """The sha256 of the last entry: whoever has it can tell that nothing before it was changed."""
        return self.decisions[-1].sha256 if self.decisions else BEGINNING

    def append(self, state: str, text: str, package_sha256: str) -> Decision:
        """Adds a decision to the record as it was read. Raises LeagueError where somebody else is deciding, or has
        decided since."""
        with alone(self._heads.with_name(".decisions.lock"), busy=f"somebody else is deciding on {self.release} now"):
            sweep([*self.path.parent.iterdir(), *self._heads.parent.iterdir()])
            there = Record(self.path.with_name(self.path.name.removesuffix(".decisions.ndjson")))
            if there.head != self.head:
                last = there.decisions[-1]
                raise LeagueError(f"{self.release} was {last.state} by {last.user} at {last.at} meanwhile: look again")
            decision = Decision.made(
                release=self.release,
                number=len(self.decisions) + 1,
                state=state,
                text=text,
                at=datetime.now(UTC).isoformat(timespec="seconds"),
                user=user(),
                package_sha256=package_sha256,
                previous=self.head,
            )
            chained = self.path.read_bytes() if self.path.exists() else b""
            heads = {**self._read_heads(), self.release: asdict(decision)}
            # First the head: where the machine stops in between, it has the line that the record lacks.
            write_atomically(
                self._heads, json.dumps(heads, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
            )
            write_atomically(self.path, chained + decision.line())
        self.decisions.append(decision)
        return decision

    def _read(self) -> list[Decision]:
        head, found = self._read_heads().get(self.release), self._read_earlier()
        if not self.path.exists():
            if head is not None:
                raise LeagueError(f"{self.path} is gone: {self._heads} has {head['number']} decisions of it; {MEND}")
            return found
        previous = found[-1].sha256 if found else BEGINNING
        content = self.path.read_bytes()
        for number, line in enumerate(content.split(b"\n")[:-1], len(found) + 1):
            decision = self._entry(line, number)
            if decision.previous != previous:
                self._refuse(number, "does not follow the one before it: one was removed, added, moved or changed")
            previous = decision.sha256
            found.append(decision)
        if not content.endswith(b"\n"):
            self._refuse(len(found) + 1, "is cut off")
        if head is None or (head.get("number"), head.get("sha256")) != (len(found), previous):
            said = f"{head['number']} decisions, the last {head['sha256'][:12]}" if head else "none"
            here = f"{len(found)}, the last {previous[:12]}"
            raise LeagueError(f"{self.path} has {here}; {self._heads} has {said}: one of them was changed; {MEND}")
        return found

    def _entry(self, line: bytes, number: int) -> Decision:
        try:
            about = json.loads(line)
            decision = Decision(**about)
        except (ValueError, TypeError):
            self._refuse(number, "is not an entry of a record")
        if decision.line() != line + b"\n" or decision.sha256 != _sha256_of(about | {"sha256": ""}):
            self._refuse(number, "was changed: it has another sha256 than it says")
        if (decision.release, decision.number) != (self.release, number):
            self._refuse(number, f"is number {decision.number} of {decision.release}: it was moved")
        return decision

    def _refuse(self, number: int, why: str) -> NoReturn:
        raise LeagueError(f"{self.path}: entry {number} {why}; {MEND}")

    def _read_earlier(self) -> list[Decision]:
        """What was recorded before there were chains. It has a day, and nobody's name in the system."""
        if not self._earlier.exists():
            return []
        try:
            rows: list[dict[str, str]] = json.loads(self._earlier.read_text(encoding="utf-8"))
            if not isinstance(rows, list):
                raise TypeError
            return [
                Decision(
                    release=self.release,
                    number=number,
                    state=row["state"],
                    text=row.get("by") or row.get("reason") or "",
                    at=row["on"],
                    user="not recorded",
                    package_sha256=row["package_sha256"],
                    previous="",
                    sha256=sha256_of_file(self._earlier),
                )
                for number, row in enumerate(rows, 1)
            ]
        except (ValueError, TypeError, KeyError, AttributeError):
            raise LeagueError(f"{self._earlier} is damaged: {MEND}") from None

    def _read_heads(self) -> dict[str, Any]:
        if not self._heads.exists():
            return {}
        try:
            found: dict[str, Any] = json.loads(self._heads.read_text(encoding="utf-8"))
            if all(SHA256.fullmatch(one["sha256"]) and one["number"] for one in found.values()):
                return found
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        raise LeagueError(f"{self._heads} is damaged: {MEND}")


def _sha256_of(about: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def user() -> str:
    """The name that the system has of this process, not what the environment says; and who became it by sudo."""
    try:
        import pwd
    except ImportError:  # Windows
        return getpass.getuser()
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name, as in some containers
        name = str(os.getuid())
    sudo = os.environ.get("SUDO_USER")
    return f"{name} (sudo by {sudo})" if sudo else name
