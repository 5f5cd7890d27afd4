"""The lock file: by quarter and source, which extract is in force, where it came from and since when, as one text to
review.

Belongs here: its layout, reading it, changing it one process at a time. Does not: which of two files counts
(`inventory.py`), the bytes (`store.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from orchestration.errors import LeagueError
from orchestration.sources.descriptions import MATURITIES, known_sources
from orchestration.sources.recognise import Subject
from orchestration.workspace.files import alone, sweep, write_atomically
from orchestration.workspace.paths import Workspace

LAYOUT = 2  # 1 was a flat list by sha256
NOT_RECORDED = "not recorded"
IN_FORCE, UNDECIDED, SUPERSEDED = "in force", "undecided", "superseded by "


@dataclass(frozen=True)
class Entry:
    """One file, as far as one subject of it goes; a file about several has an entry for each. `retrieved` is the day it
    was first seen where no download is recorded; `etag` and `last_modified` are what the server said of it. `pinned` is
    why a person chose it, against any mark in a name."""

    source_id: str
    subject: Subject
    file_name: str
    sha256: str
    bytes: int
    url: str
    landing_page: str
    retrieved: str
    maturity: str
    etag: str | None = None
    last_modified: str | None = None
    pinned: str | None = None
    status: str = UNDECIDED  # last, and always there: what is added to the file then never changes the line before

    @property
    def key(self) -> tuple[str, Subject, str]:
        return self.source_id, self.subject, self.sha256


@dataclass
class Lock:
    """What the file says: entries by their key, and sources that are published no more, with since when and why."""

    entries: dict[tuple[str, Subject, str], Entry] = field(default_factory=dict)
    retired_sources: dict[str, dict[str, str]] = field(default_factory=dict)

    def enter(self, entry: Entry) -> None:
        """Adds what was not seen before; what is there stays as it is."""
        self.entries.setdefault(entry.key, entry)

    def put_in_force(self, source_id: str, subject: Subject, sha256: str) -> None:
        """One file of a subject counts; all others that were ever seen are superseded by it."""
        for key, entry in self.entries.items():
            if key[:2] == (source_id, subject):
                status = IN_FORCE if entry.sha256 == sha256 else f"{SUPERSEDED}{sha256}"
                self.entries[key] = replace(entry, status=status)

    def pin(self, key: tuple[str, Subject, str]) -> str | None:
        """Why a file is pinned. A reference that was pinned before each quarter had its own is pinned for all."""
        source_id, subject, sha256 = key
        for about in (subject, Subject()):
            if (entry := self.entries.get((source_id, about, sha256))) and entry.pinned:
                return entry.pinned
        return None

    def arrived(self, but_in: str | None = None) -> set[tuple[str, Subject]]:
        """Each source and subject of which a file ever came, but for one source."""
        return {key[:2] for key in self.entries if key[0] != but_in}

    def of_file(self, sha256: str) -> Entry | None:
        """Any entry of a file."""
        return next((entry for entry in self.entries.values() if entry.sha256 == sha256), None)


def read_lock(workspace: Workspace) -> Lock:
    """The lock file of a data folder, empty where there is none. Raises LeagueError where it cannot be read as one, or
    names a source that is not described."""
    path = workspace.lock_file
    if not path.exists():
        return Lock()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LeagueError(f"{path} is not JSON: {error}") from None
    if document.get("layout") != LAYOUT:
        raise LeagueError(f"{path} has the layout of an earlier version: move it away, the next build writes a new one")
    lock = Lock(retired_sources=document.get("retired_sources", {}))
    # Before each quarter had its own references they stood apart, one that is read no more among them (the ICB list).
    references = {name: found for name, found in document.get("references", {}).items() if name in known_sources()}
    for quarter, sources in [*document.get("quarters", {}).items(), (None, references)]:
        for source_id, entries in sources.items():
            for number, fields in enumerate(entries, start=1):
                entry = _entry(source_id, quarter, fields, f"{path}, {quarter or 'references'}, {source_id}, {number}")
                if entry.key in lock.entries:
                    raise LeagueError(f"{path}: {entry.file_name} (sha256 {entry.sha256}) stands there twice")
                lock.enter(entry)
    undescribed = {entry.source_id for entry in lock.entries.values()} | set(lock.retired_sources)
    if undescribed := undescribed - set(known_sources()):
        names = ", ".join(sorted(undescribed))
        raise LeagueError(f"{path} names {names}, not described in data/sources: retire sources there, remove none")
    return lock


def _entry(source_id: str, quarter: str | None, fields: Mapping[str, Any], place: str) -> Entry:
    try:
        subject = Subject(quarter, fields["period"], fields["part"])
        entry = Entry(source_id, subject, **{k: v for k, v in fields.items() if k not in ("period", "part")})
    except (KeyError, TypeError) as error:
        raise LeagueError(f"{place}: not an entry: {error}") from None
    if entry.maturity not in MATURITIES:
        raise LeagueError(f"{place}: maturity is {entry.maturity!r}; expected one of {', '.join(MATURITIES)}")
    try:
        date.fromisoformat(entry.retrieved)
    except (TypeError, ValueError):
        raise LeagueError(f"{place}: retrieved is {entry.retrieved!r}; expected a day such as 2026-03-12") from None
    if entry.pinned is not None and not (isinstance(entry.pinned, str) and entry.pinned.strip()):
        raise LeagueError(f"{place}: pinned is {entry.pinned!r}; expected the reason, or null")
    return entry


@contextmanager
def changing(workspace: Workspace) -> Iterator[Lock]:
    """The lock file, for this process alone until it is left; written then, after a refusal too: what was seen was
    seen."""
    with alone(workspace.data_dir / "work" / "extracts.lock"):
        sweep([*workspace.data_dir.iterdir(), *workspace.store.rglob("*")])
        lock = read_lock(workspace)
        try:
            yield lock
        finally:
            write_atomically(workspace.lock_file, _text(lock).encode())


def refuse_a_day_too_early(lock: Lock, today: date, workspace: Workspace) -> None:
    """Raises LeagueError where an entry is of a day that has not come, as after a clock was set back: days written now
    would be wrong, and expired waivers hold again. One day is allowed, for clocks of other time zones."""
    newest = max(lock.entries.values(), key=lambda entry: entry.retrieved, default=None)
    if newest and date.fromisoformat(newest.retrieved) > today + timedelta(days=1):
        raise LeagueError(
            f"today is {today} by the clock of this machine, but by {workspace.lock_file} {newest.file_name} of"
            f" {newest.source_id} was retrieved on {newest.retrieved}: set the clock right, or that day in the lock"
        )


def _text(lock: Lock) -> str:
    """One field a line, sorted: a new file is lines added, a superseded one a line changed."""
    quarters: dict[str, dict[str, list[dict[str, Any]]]] = {}
    references: dict[str, list[dict[str, Any]]] = {}
    for entry in sorted(lock.entries.values(), key=_place):
        sources = quarters.setdefault(entry.subject.quarter, {}) if entry.subject.quarter else references
        about = {"period": entry.subject.period, "part": entry.subject.part}
        fields = {name: value for name, value in asdict(entry).items() if name not in ("source_id", "subject")}
        sources.setdefault(entry.source_id, []).append(about | fields)
    retired = {
        source.id: source.retired.model_dump(mode="json") for source in known_sources().values() if source.retired
    }
    document = {
        "layout": LAYOUT,
        "quarters": quarters,
        "references": references,
        "retired_sources": dict(sorted((lock.retired_sources | retired).items())),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _place(entry: Entry) -> tuple[str, ...]:
    subject = entry.subject
    within = (subject.period or "", subject.part or "", entry.retrieved, entry.file_name, entry.sha256)
    return subject.quarter or "", entry.source_id, *within
