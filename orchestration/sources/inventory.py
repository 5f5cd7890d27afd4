"""Which files a quarter is built from: every file of the extracts folder is recognised, chosen or set aside with a
reason.

A file that is no known publication, or of a quarter not asked for, stops nothing. A known publication that does not
parse, and two differing files that nothing puts in order, stop the build."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from orchestration.errors import InputError, LeagueError
from orchestration.quarters import Quarter, needed, require_known_quarter, with_a_framework
from orchestration.sources import recognise
from orchestration.sources.archives import MAX_BYTES
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.fictional import all_fictional, is_fictional
from orchestration.sources.lock import NOT_RECORDED, UNDECIDED, Entry, Lock
from orchestration.sources.recognise import Recognised, Subject
from orchestration.sources.vintages import fitting
from orchestration.text import IN_NAMES, visible
from orchestration.workspace.files import is_scratch, sha256_of_file

MARKS = {"final": 1, "revised": 2}  # what supersedes a file of the same period without a mark
VERSION = re.compile(r"[-_]v(\d+)\b", re.IGNORECASE)
COLUMNS = [
    "file_name",
    "source_id",
    "quarter",
    "period",
    "part",
    "status",
    "reason",
    "remarks",
    "source_sha256",
    "source_member",
    "bytes",
    "url",
    "retrieved",
    "maturity",
]
ORDER = ["source_id", "quarter", "period", "part", "file_name"]


def version_of(name: str) -> int:
    """By the -vN in a name; without one it is the first."""
    mark = VERSION.search(name)
    return int(mark[1]) if mark else 1


@dataclass(frozen=True)
class Candidate:
    """A recognised file, as far as one subject of it goes."""

    path: Path
    name: str
    sha256: str
    source: Source
    member: str | None
    remarks: str | None
    subject: Subject
    last_period: str | None

    @property
    def precedence(self) -> tuple[str, int, int]:
        """A later release repeats earlier periods and supersedes them; within one a mark in the name does, then -vN."""
        marks = [rank for mark, rank in MARKS.items() if mark in self.path.name.lower()]
        return self.last_period or "", max(marks, default=0), version_of(self.path.name)

    @property
    def maturity(self) -> str:
        """By the mark in the name, else what is known of the publication."""
        _, mark, version = self.precedence
        if mark == MARKS["revised"] or version > 1:
            return "revised"
        return "final" if mark else self.source.maturity

    @property
    def key(self) -> tuple[str, Subject, str]:
        return self.source.id, self.subject, self.sha256

    def entry(self, known: Entry | None, today: str) -> Entry:
        """Its entry in the lock: seen first today, unless the file is known from another subject."""
        if known:
            return replace(known, subject=self.subject, pinned=None, status=UNDECIDED)
        return Entry(
            source_id=self.source.id,
            subject=self.subject,
            file_name=self.name,
            sha256=self.sha256,
            bytes=self.path.stat().st_size,
            url=NOT_RECORDED,
            landing_page=self.source.landing_page,
            retrieved=today,
            maturity=self.maturity,
        )


Groups = dict[tuple[str, Subject], list[Candidate]]  # the files that compete, by source and subject


@dataclass(frozen=True)
class Survey:
    """What a folder of extracts holds: candidates for any quarter, whether they are fictional, and files set aside with
    a reason."""

    folder: Path
    candidates: tuple[Candidate, ...]
    fictional: bool
    set_aside: tuple[dict[str, object], ...]


def survey(folder: Path) -> Survey:
    """Recognises every file of a folder and reads what it is about. Raises InputError where a known publication does
    not parse, and on an archive of which nothing can be told, LeagueError where fictional files lie among real ones."""
    if not folder.is_dir():
        raise LeagueError(f"{folder} is not a folder")
    candidates: list[Candidate] = []
    set_aside: list[dict[str, object]] = []
    first_seen: dict[str, str] = {}
    fictional: dict[str, bool] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = visible(path.relative_to(folder).as_posix(), IN_NAMES)
        try:
            known: dict[str, object] = {"file_name": name, "bytes": path.stat().st_size}
        except FileNotFoundError:  # a copy that has its name now
            continue
        if is_scratch(path):
            set_aside.append({**known, "status": "not_known", "reason": "a copy that is not finished"})
            continue
        if IN_NAMES.search(str(path.relative_to(folder))):
            set_aside.append({**known, "status": "not_known", "reason": "control characters in its name: rename it"})
            continue
        if folder.resolve() not in path.resolve().parents:
            set_aside.append({**known, "status": "not_known", "reason": "a link that leaves the folder"})
            continue
        if path.stat().st_size > MAX_BYTES:
            set_aside.append({**known, "status": "not_known", "reason": f"larger than {MAX_BYTES} bytes"})
            continue
        known["source_sha256"] = sha256 = sha256_of_file(path)
        found = recognise.recognise(path, name)
        if found is None:
            set_aside.append({**known, "status": "not_known", "reason": "no publication known here"})
            continue
        if sha256 in first_seen:
            same = f"the same bytes as {first_seen[sha256]}"
            set_aside.append({**known, "source_id": found.source.id, "status": "duplicate", "reason": same})
            continue
        try:
            subjects, remarks = recognise.subjects_of(path, found, name)
        except InputError as error:
            if found.source.required or found.source.figures:
                raise
            set_aside.append({**known, "source_id": found.source.id, "status": "not_known", "reason": str(error)})
            continue
        first_seen[sha256] = name
        fictional[name] = is_fictional(path, name)
        candidates += candidates_of(path, name, sha256, found, subjects, remarks)
    return Survey(folder, tuple(candidates), all_fictional(fictional), tuple(set_aside))


def candidates_of(
    path: Path, name: str, sha256: str, found: Recognised, subjects: list[Subject], remarks: str | None
) -> list[Candidate]:
    """One file, by what it is about."""
    last_period = max((subject.period for subject in subjects if subject.period), default=None)
    return [
        Candidate(path, name, sha256, found.source, found.member, remarks, subject, last_period) for subject in subjects
    ]


def quarters_at_hand(found: Survey) -> list[Quarter]:
    """The quarters with a framework that a folder has figures of. Raises LeagueError where there is none."""
    about = {candidate.subject.quarter for candidate in found.candidates if candidate.source.figures}
    if quarters := [quarter for quarter in with_a_framework() if quarter in about]:
        return quarters
    raise LeagueError(f"no publication of a quarter with a framework is among the files of {found.folder}")


def competing_files(found: Survey, quarter: str) -> Groups:
    """The files that a quarter may be built from, by source and subject. Every quarter has a vintage of each
    reference. Raises LeagueError for a quarter without a framework."""
    quarters = needed(require_known_quarter(quarter))
    groups: Groups = {}
    for candidate in found.candidates:
        if candidate.subject.quarter is None:
            about = [Subject(each) for each in quarters]
        else:
            about = [candidate.subject] if candidate.subject.quarter in quarters else []
        for subject in about:
            groups.setdefault((candidate.source.id, subject), []).append(replace(candidate, subject=subject))
    return groups


def take_inventory(found: Survey, quarter: str, lock: Lock) -> pd.DataFrame:
    """One row per file and subject, in COLUMNS; `status` is used, superseded, not_asked_for, duplicate or not_known.

    Raises LeagueError for a quarter without a framework or without a required publication, for two differing files
    that nothing puts in order, and for a file that is pinned in the lock and not found.
    """
    groups = competing_files(found, quarter)
    _require_pinned(found, groups, quarter, lock)
    rows = [*found.set_aside]
    for candidate in found.candidates:
        if candidate.subject.quarter and (candidate.source.id, candidate.subject) not in groups:
            reason = f"{quarter} does not need {candidate.subject.period}"
            rows.append(_listed(candidate, "not_asked_for", reason, None))  # whether others' builds have entered it
    for group in groups.values():
        chosen, why = _choose(group, lock)
        for candidate in group:
            if candidate is chosen:
                rows.append(_listed(candidate, "used", why, lock))
            else:
                reason = "; ".join(filter(None, [f"by {chosen.name}", why]))
                rows.append(_listed(candidate, "superseded", reason, lock))
    inventory = pd.DataFrame(rows, columns=COLUMNS).sort_values(ORDER, na_position="last", ignore_index=True)
    _require(inventory, quarter, found.folder)
    return inventory


def joined(inventories: list[pd.DataFrame]) -> pd.DataFrame:
    """The inventory of a pass over several quarters: a file is used where any of them uses it."""
    if len(inventories) == 1:
        return inventories[0]
    rows = pd.concat(inventories, ignore_index=True)
    rows = rows.assign(unused=rows["status"] != "used").sort_values("unused", kind="stable")
    about = ["file_name", "source_id", "quarter", "period", "part"]
    once = rows.drop_duplicates(about)[COLUMNS]
    return once.sort_values(ORDER, na_position="last", ignore_index=True)


def _choose(group: list[Candidate], lock: Lock) -> tuple[Candidate, str | None]:
    """The file that counts, and why where a person said so or a vintage fits."""
    pins = {c.sha256: pin for c in group if (pin := lock.pin(c.key))}
    vintages = {c.last_period for c in group if c.source.vintage and c.last_period}
    why = None
    if pins:
        counting = [c for c in group if c.sha256 in pins]
    elif len(vintages) > 1:
        fit = fitting(vintages, Quarter(str(group[0].subject.quarter)))
        counting = [c for c in group if c.last_period == fit]
        why = f"the newest day it knows of, {fit}, fits the quarter best"
    else:
        counting = group
    best = max(candidate.precedence for candidate in counting)
    first, *others = [c for c in counting if pins or c.precedence == best]
    if others:
        about = " ".join(filter(None, [first.source.title, first.subject.period, first.subject.part]))
        how = "both are pinned in the lock" if pins else "nothing says which supersedes the other: pin one in the lock"
        raise LeagueError(f"{first.name} and {others[0].name} are both {about} and differ; {how}")
    return first, f"pinned: {pins[first.sha256]}" if pins else why


def _require_pinned(found: Survey, groups: Groups, quarter: str, lock: Lock) -> None:
    there = {candidate.key for group in groups.values() for candidate in group}
    there |= {(source_id, Subject(), sha256) for source_id, subject, sha256 in there if subject.period is None}
    quarters = {None, *needed(require_known_quarter(quarter))}
    for entry in lock.entries.values():
        if entry.pinned and entry.subject.quarter in quarters and entry.key not in there:
            about = " ".join(filter(None, [entry.source_id, entry.subject.period, entry.subject.part]))
            raise LeagueError(
                f"{found.folder}: {entry.file_name} (sha256 {entry.sha256}) is pinned in the lock for {about}"
                " and is not among the files"
            )


def _require(inventory: pd.DataFrame, quarter: str, folder: Path) -> None:
    used = inventory[inventory["status"] == "used"]
    without_figures = [source.id for source in known_sources().values() if not source.figures]
    with_figures = inventory[~inventory["source_id"].isin(without_figures)]
    if quarter not in set(with_figures.loc[with_figures["status"] == "used", "quarter"]):
        found = sorted(with_figures["quarter"].dropna().unique())
        detail = f"; quarters found: {', '.join(found)}" if found else ""
        raise LeagueError(f"{folder}: no publication of {quarter} is among the files{detail}{_strangers(inventory)}")
    for source in known_sources().values():
        if source.required and source.id not in set(used["source_id"]):
            raise LeagueError(f"{folder}: no file is {source.title!r} for {quarter}{_strangers(inventory)}")


def _strangers(inventory: pd.DataFrame) -> str:
    unknown = inventory.loc[inventory["status"] == "not_known", "file_name"]
    strangers = [name for name in unknown if name.lower().endswith(".csv")]
    return f"; CSV files of no known publication: {', '.join(strangers[:5])}" if strangers else ""


def _listed(candidate: Candidate, status: str, reason: str | None, lock: Lock | None) -> dict[str, object]:
    entry = lock.entries.get(candidate.key) if lock else None
    return {
        "file_name": candidate.name,
        "source_id": candidate.source.id,
        "quarter": candidate.subject.quarter,
        "period": candidate.subject.period,
        "part": candidate.subject.part,
        "status": status,
        "reason": reason,
        "remarks": candidate.remarks,
        "source_sha256": candidate.sha256,
        "source_member": candidate.member,
        "bytes": candidate.path.stat().st_size,
        "url": entry and entry.url,
        "retrieved": entry and entry.retrieved,
        "maturity": entry and entry.maturity,
    }
