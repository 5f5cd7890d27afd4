"""Which files a quarter is built from: every file of the extracts folder is recognised, chosen or set aside with a
reason.

A file that is not needed stops nothing, even if it is damaged: one that is no known publication, or of a quarter not
asked for. A needed publication that does not parse stops the build, and so do two files that differ where nothing says
which counts. A damaged file that does not say what it is about may be needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from orchestration.errors import LeagueError
from orchestration.quarters import Quarter, known_quarters, needed, needed_ever, require_known_quarter
from orchestration.sources import oddities, recognise
from orchestration.sources.archives import MAX_BYTES, unpacked
from orchestration.sources.contents import Content, Memory
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.fictional import all_fictional
from orchestration.sources.lock import IN_FORCE, NOT_RECORDED, UNDECIDED, Entry, Lock
from orchestration.sources.recognise import Subject
from orchestration.sources.vintages import fitting
from orchestration.text import IN_NAMES, first_of, visible
from orchestration.workspace.files import is_scratch, paths_below, sha256_of_file
from orchestration.workspace.paths import Workspace

FINAL, REVISED = 1, 2  # what supersedes a file of the same period without a mark
MARKS = {re.compile("final", re.IGNORECASE): FINAL, re.compile("revis(ed|ion)", re.IGNORECASE): REVISED}
VERSION = re.compile(r"[-_]v(\d+)(?![a-z\d])", re.IGNORECASE)
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
NAMED = 3  # files set aside for one reason that are named; `league doctor` names all
IN_SHORT = {
    "not_asked_for": "of a period that this quarter does not need",
    "superseded": "superseded by another",
    "duplicate": "the same as another",
}
ORDER = ["source_id", "quarter", "period", "part", "file_name"]


def version_of(name: str) -> int:
    """By the -vN in a name; without one it is the first."""
    mark = VERSION.search(name)
    return int(mark[1]) if mark else 1


@dataclass(frozen=True)
class Candidate:
    """A recognised file, as far as one subject of it goes. It may lie `within` an archive; with a `problem` it does not
    parse. A file with a problem may have no subject; then we cannot say what it is about."""

    path: Path
    name: str
    sha256: str
    source: Source
    member: str | None
    remarks: str | None
    subject: Subject
    last_period: str | None
    within: tuple[str, ...] = ()
    bytes: int = 0
    problem: str | None = None

    @contextmanager
    def file(self) -> Iterator[Path]:
        """Its bytes, for as long as they are looked at."""
        with unpacked(self.path, self.within, self.name) as path:
            yield path

    @property
    def precedence(self) -> tuple[str, int, int, int]:
        """A later release repeats earlier periods and supersedes them; within one a mark in the name does, then -vN.
        An archive passes its mark on. Where members of the same -vN were fetched again, the archive's own counts."""
        names = [self.path.name, *self.within, self.member or ""]
        marks = [rank for mark, rank in MARKS.items() if any(map(mark.search, names))]
        return self.last_period or "", max(marks, default=0), max(map(version_of, names)), version_of(names[0])

    @property
    def maturity(self) -> str:
        """By the mark in the name, else what is known of the publication."""
        _, mark, version, _ = self.precedence
        if mark == REVISED or version > 1:
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
            bytes=self.bytes,
            url=NOT_RECORDED,
            landing_page=self.source.landing_page,
            retrieved=today,
            maturity=self.maturity,
        )


Groups = dict[tuple[str, Subject], list[Candidate]]  # the files that compete, by source and subject


@dataclass(frozen=True)
class Survey:
    """What a folder of extracts holds: candidates for any quarter, whether they are fictional, files set aside with a
    reason, and what is said of each that cannot be read."""

    folder: Path
    candidates: tuple[Candidate, ...]
    fictional: bool
    set_aside: tuple[dict[str, object], ...]
    unreadable: tuple[str, ...] = ()


def survey(folder: Path, workspace: Workspace | None = None) -> Survey:
    """What `look_into` finds. Raises LeagueError where a file cannot be read: any may be needed."""
    found = look_into(folder, workspace)
    if found.unreadable:
        raise LeagueError(first_of(found.unreadable, NAMED, "; "))
    return found


def look_into(folder: Path, workspace: Workspace | None = None) -> Survey:
    """Looks into every file of a folder: what it is, and what it is about. What was seen before is remembered in the
    data folder. Raises LeagueError where fictional files lie among real ones."""
    if not folder.is_dir():
        raise LeagueError(f"{folder} is not a folder: name the one that holds the files")
    candidates: list[Candidate] = []
    set_aside: list[dict[str, object]] = []
    unreadable: list[str] = []
    first_seen: dict[str, str] = {}
    fictional: dict[str, bool] = {}
    memory = Memory(workspace)
    for path in paths_below(folder):
        name = visible(path.relative_to(folder).as_posix(), IN_NAMES)
        is_linked_folder = path.is_symlink() and path.is_dir()
        if not is_linked_folder and not path.is_file():
            continue
        try:
            size = 0 if is_linked_folder else path.stat().st_size
        except FileNotFoundError:  # a copy that has its name now
            continue
        linked = "a link to a folder: copy the files that it leads to" if is_linked_folder else None
        if reason := linked or _not_looked_into(path, folder, size):
            set_aside.append({"file_name": name, "bytes": size, "status": "not_known", "reason": reason})
            continue
        try:
            sha256 = sha256_of_file(path)
        except LeagueError as reason:
            unreadable.append(str(reason))
            continue
        for content in memory.of(path, name, sha256):
            place = "/".join([name, *content.within])
            known = {"file_name": place, "bytes": content.bytes, "source_sha256": content.sha256}
            source = known_sources().get(content.source_id or "")
            if source is None or (content.problem and not source.dated and not source.required):
                row = {**known, "source_id": content.source_id, "status": "not_known", "reason": content.problem}
                set_aside.append(row)
            elif content.sha256 in first_seen:
                same = f"the same bytes as {first_seen[content.sha256]}"
                set_aside.append({**known, "source_id": content.source_id, "status": "duplicate", "reason": same})
            else:
                first_seen[content.sha256] = place
                candidates += candidates_of(path, place, content)
                if not content.problem:
                    fictional[place] = content.fictional
    memory.keep()
    return Survey(folder, tuple(candidates), all_fictional(fictional), tuple(set_aside), tuple(unreadable))


def _not_looked_into(path: Path, folder: Path, size: int) -> str | None:
    """Why a file is not even opened."""
    if is_scratch(path):
        return "a copy that is not finished"
    if IN_NAMES.search(str(path.relative_to(folder))):
        return "control characters in its name: rename it"
    if folder.resolve() not in path.resolve().parents:
        return "a link that leaves the folder: copy the file that it leads to"
    if reason := oddities.by_name(path.name):
        return reason
    return f"larger than {MAX_BYTES} bytes" if size > MAX_BYTES else None


def candidates_of(path: Path, name: str, content: Content) -> list[Candidate]:
    """One file, by what it is about."""
    assert content.source_id
    last_period = max((subject.period for subject in content.subjects if subject.period), default=None)
    return [
        Candidate(
            path,
            name,
            content.sha256,
            known_sources()[content.source_id],
            content.member,
            content.remarks,
            subject,
            last_period,
            content.within,
            content.bytes,
            content.problem,
        )
        for subject in content.subjects or [Subject()]
    ]


def quarters_at_hand(found: Survey) -> list[Quarter]:
    """The quarters that can be built and that a folder has figures of. Raises LeagueError where there is none."""
    about = {candidate.subject.quarter for candidate in found.candidates if candidate.source.figures}
    if quarters := [quarter for quarter in known_quarters() if quarter in about]:
        return quarters
    raise LeagueError(f"no publication of a quarter that can be built is among the files of {found.folder}")


def quarters_with_figures(found: Survey, first: str, last: str | None) -> list[Quarter]:
    """The quarters from one to another that a folder has figures of, whether or not they can be built. Raises
    LeagueError where there is none."""
    about = {one.subject.quarter for one in found.candidates if one.source.figures and one.subject.quarter}
    until = min(last or known_quarters()[-1], known_quarters()[-1])
    if there := sorted(Quarter(one) for one in about if first <= one <= until):
        return there
    raise LeagueError(f"no publication from {first} to {until} is among the files of {found.folder}")


def competing_files(found: Survey, quarters: Sequence[Quarter]) -> Groups:
    """The files of some quarters, by source and subject. Every quarter has a vintage of each reference."""
    groups: Groups = {}
    for candidate in found.candidates:
        if candidate.subject.quarter is None:
            about = [Subject(each) for each in quarters]
        else:
            about = [candidate.subject] if candidate.subject.quarter in quarters else []
        for subject in about:
            groups.setdefault((candidate.source.id, subject), []).append(replace(candidate, subject=subject))
    return groups


def take_inventory(found: Survey, quarter: str, lock: Lock, reads: Sequence[Quarter] | None = None) -> pd.DataFrame:
    """One row per file and subject, in COLUMNS; `status` is used, superseded, not_asked_for, duplicate or not_known.
    A quarter `reads` its own files and those of the one before, a series those of all its quarters.

    Raises LeagueError for a quarter that cannot be built or without a required publication, for two differing files
    that nothing puts in order, and for a file that is pinned in the lock and not found.
    """
    reads = reads or needed(require_known_quarter(quarter))
    groups = competing_files(found, reads)
    _require_pinned(found, groups, reads, lock)
    rows = [*found.set_aside]
    for candidate in found.candidates:
        if candidate.subject.quarter and (candidate.source.id, candidate.subject) not in groups:
            reason = f"{quarter} does not need {candidate.subject.period}"
            rows.append(_listed(candidate, "not_asked_for", reason, None))  # whether others' builds have entered it
    for group in groups.values():
        chosen, why, equal = _choose(group, lock)
        for candidate in group:
            if candidate is chosen:
                rows.append(_listed(candidate, "used", why, lock))
            elif candidate in equal:
                rows.append(_listed(candidate, "duplicate", f"the same figures as {chosen.name}", lock))
            else:
                reason = "; ".join(filter(None, [f"by {chosen.name}", why]))
                rows.append(_listed(candidate, "superseded", reason, lock))
    inventory = pd.DataFrame(rows, columns=COLUMNS).sort_values(ORDER, na_position="last", ignore_index=True)
    _require(inventory, quarter, found.folder)
    return inventory


def files_that_stop(found: Survey, lock: Lock) -> set[str]:
    """The files that do not parse and that a build of some quarter would read, without superseded ones."""
    groups = competing_files(found, needed_ever()).values()
    return {candidate.name for group in groups for candidate in _in_front(group, lock)[0] if candidate.problem}


def conflicts(found: Survey, lock: Lock) -> list[str]:
    """What builds of any quarter would say, once each, of whole files that differ where nothing says which counts."""
    whole = replace(found, candidates=tuple(one for one in found.candidates if not one.problem))
    said = set()
    for group in competing_files(whole, needed_ever()).values():
        try:
            _choose(group, lock)
        except LeagueError as conflict:
            said.add(str(conflict))
    return sorted(said)


def joined(inventories: list[pd.DataFrame]) -> pd.DataFrame:
    """The inventory of a pass over several quarters: a file is used where any of them uses it."""
    if len(inventories) == 1:
        return inventories[0]
    rows = pd.concat(inventories, ignore_index=True)
    rows = rows.assign(unused=rows["status"] != "used").sort_values("unused", kind="stable")
    about = ["file_name", "source_id", "quarter", "period", "part"]
    once = rows.drop_duplicates(about)[COLUMNS]
    return once.sort_values(ORDER, na_position="last", ignore_index=True)


def _in_front(group: list[Candidate], lock: Lock) -> tuple[list[Candidate], dict[str, str], str | None]:
    """The files that no other supersedes, the reasons of those that are pinned by their sha256, and the vintage that
    decided."""
    if not group[0].source.dated:  # of references one that parses is enough
        group = [candidate for candidate in group if not candidate.problem] or group
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
    ahead = {max(candidate.precedence for candidate in counting)}
    if (period := group[0].source.period) and not period.reissued:
        ahead.add(max(counting, key=_by_mark).precedence)  # a later provisional file may be older than a revised one
    tied = sorted((c for c in counting if pins or c.precedence in ahead), key=lambda c: c.precedence, reverse=True)
    sound = {candidate.precedence for candidate in tied if not candidate.problem}
    tied = [c for c in tied if pins or c.precedence not in sound or not oddities.is_copy(c.problem)]
    return tied, pins, why


def _choose(group: list[Candidate], lock: Lock) -> tuple[Candidate, str | None, list[Candidate]]:
    """The file that counts, why where a person said so or a vintage fits, and those that say the same. Raises
    LeagueError where it does not parse, or another says something else and nothing puts them in order."""
    tied, pins, why = _in_front(group, lock)
    for candidate in tied:
        if candidate.problem:
            raise LeagueError(candidate.problem + _what_it_is_about(candidate))
    about = " ".join(filter(None, [tied[0].source.title, tied[0].subject.period, tied[0].subject.part]))
    how = (
        "both are pinned in the lock"
        if pins
        else "nothing says which supersedes the other: take the wrong one out of the folder, or pin one in the lock"
    )
    for other in tied[1:]:
        if found := _difference(tied[0], other):
            if not pins and other.precedence != tied[0].precedence:
                reach = f"{tied[0].name} reaches further, to {tied[0].last_period}"
                how = f"{reach}, and {other.name} has the higher mark in its name, {other.maturity}: {how}"
            raise LeagueError(f"{tied[0].name} and {other.name} are both {about} and differ; {how}; {found}")
    in_force = [
        c for c in tied if (entry := lock.entries.get(c.key)) and entry.status == IN_FORCE
    ]  # what is built stays so
    chosen = (in_force or tied)[0]
    equal = [candidate for candidate in tied if candidate is not chosen]
    return chosen, f"pinned: {pins[chosen.sha256]}" if pins else why, equal


def _by_mark(candidate: Candidate) -> tuple[int, str, int, int]:
    last_period, mark, version, own = candidate.precedence
    return mark, last_period, version, own


def _what_it_is_about(candidate: Candidate) -> str:
    """What to say of a file that does not parse, besides why."""
    again = "" if "download" in str(candidate.problem) else "download it again"
    if not candidate.source.dated:
        return again and f": {again}"
    said = f"; it is {candidate.source.title!r}"
    if candidate.subject.period:
        return f"{said} of {candidate.subject.period}" + (again and f": {again}")
    again = again and f"{again}, or "
    return f"{said}, we cannot tell of when: {again}take it out of the folder where no quarter needs it"


def _difference(one: Candidate, other: Candidate) -> str | None:
    """How many rows of two files of one subject differ, and where the first is."""
    ours, theirs = (_rows(candidate) for candidate in (one, other))
    if len(ours) == len(theirs) and (np.sort(ours) == np.sort(theirs)).all():
        return None
    for rows, others, candidate in ((ours, theirs, one), (theirs, ours, other)):
        if len(odd := rows[~rows.isin(others)]):
            return (
                f"{len(odd)} of {len(rows)} rows of {candidate.name} are not in the other, the first is {odd.index[0]}"
            )
    return f"they repeat other rows, {len(ours)} in all and {len(theirs)}"


def _rows(candidate: Candidate) -> pd.Series[int]:
    with candidate.file() as path:
        return recognise.hashes_of_rows(path, candidate.member, candidate.source, candidate.name, candidate.subject)


def _require_pinned(found: Survey, groups: Groups, reads: Sequence[Quarter], lock: Lock) -> None:
    there = {candidate.key for group in groups.values() for candidate in group}
    there |= {(source_id, Subject(), sha256) for source_id, subject, sha256 in there if subject.period is None}
    quarters = {None, *reads}
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
        get = f"; `league fetch --quarter {quarter}` gets them, docs/sources.md says where each is"
        raise LeagueError(f"{folder}: no publication of {quarter} is among the files{detail}{get}{_said(inventory)}")
    for source in known_sources().values():
        if source.required and source.id not in set(used["source_id"]):
            address = (source.fetch and source.fetch.address) or source.landing_page
            get = f"download it from {address}, or by `league fetch --quarter {quarter}`"
            raise LeagueError(f"{folder}: no file is {source.title!r} for {quarter}: {get}{_said(inventory)}")


def set_aside(inventory: pd.DataFrame) -> pd.DataFrame:
    """The files of an inventory of which nothing is used, one row each."""
    used = set(inventory.loc[inventory["status"] == "used", "file_name"])
    return inventory[~inventory["file_name"].isin(used)].drop_duplicates("file_name")


def in_short(inventory: pd.DataFrame) -> list[str]:
    """What was set aside, a line a reason: how many files, and the names of the first."""
    files = set_aside(inventory)
    reasons = files["reason"].where(files["status"] == "not_known", files["status"].map(IN_SHORT))
    # The name of a file is in the message about it: without it, files damaged alike are of one kind.
    kinds = [reason.removeprefix(name) for reason, name in zip(reasons, files["file_name"], strict=True)]
    lines = []
    for kind, names in files["file_name"].groupby(pd.Series(kinds, files.index, dtype=str), sort=False):
        files_of = f"{len(names)} {'file' if len(names) == 1 else 'files'}"
        lines.append(f"{files_of}, {str(kind).lstrip(':, ')}: {first_of(names, NAMED)}")
    return lines


def _said(inventory: pd.DataFrame) -> str:
    return "".join(f"\n  set aside: {line}" for line in in_short(inventory))


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
        "remarks": candidate.problem or candidate.remarks,
        "source_sha256": candidate.sha256,
        "source_member": candidate.member,
        "bytes": candidate.bytes,
        "url": entry and entry.url,
        "retrieved": entry and entry.retrieved,
        "maturity": entry and entry.maturity,
    }
