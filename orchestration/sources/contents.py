"""What a file of the extracts folder holds: looked at once, and remembered by its hash.

Belongs here: looking into archives, telling what a file that does not parse would be about, remembering. Does not:
recognising and reading one file (`recognise.py`), which file counts (`inventory.py`)."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipInfo

from orchestration.errors import InputError
from orchestration.quarters import Quarter
from orchestration.sources import csv_files, oddities, recognise
from orchestration.sources.archives import MAX_MEMBERS, MAX_UNPACKED, first_bytes, unpacked
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.fictional import is_fictional
from orchestration.sources.periods import SeveralMonthsError, month_linked, said_by_name
from orchestration.sources.recognise import Subject
from orchestration.workspace.files import sha256_of_file, sha256_of_tree, write_atomically
from orchestration.workspace.paths import PROJECT, SEEDS, SOURCES, Workspace

DEPTH = 2  # archives within each other
# Of a publication, in a file that has its name, where the name is vague: a note about A&E may have four, the period and
# whose figures they are (2026-11).
OWN_HEADINGS = 5
NOT_KNOWN = "no publication known here"
NOT_KNOWN_BUT = f"{NOT_KNOWN} but "
COPIED = re.compile(r" ?\(\d+\)(?=\.)|^Copy of | - Copy(?=\.)")  # what browsers and file managers add to a name
MONTH_IN_NAME = re.compile(
    r"(?<![A-Za-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-_ ]*(?:20)?(\d\d)(?!\d)", re.IGNORECASE
)


@dataclass(frozen=True)
class Content:
    """A file of the folder or, `within` it, a file in an archive. A `problem` is why it is no publication or, where a
    source is known, why it does not parse. Such a file is about its subjects alone. Without any, we do not know what it
    is about."""

    within: tuple[str, ...]
    sha256: str
    bytes: int
    source_id: str | None = None
    member: str | None = None
    subjects: tuple[Subject, ...] = ()
    remarks: str | None = None
    fictional: bool = False
    problem: str | None = None


class Memory:
    """What we found in files that we looked into before, in the data folder. It is ignored once what decides it has
    changed (`readers_sha256`)."""

    def __init__(self, workspace: Workspace | None) -> None:
        self._path = workspace.data_dir / "work" / "contents.json" if workspace else None
        self._before, self._now = self._read(), dict[str, list[Content]]()

    def of(self, path: Path, name: str, sha256: str) -> list[Content]:
        """What is in a file. Its name is in the messages."""
        key = f"{sha256} {name}"
        if key not in self._now:
            self._now[key] = self._before.get(key) or list(contents(path, name, sha256))
        return self._now[key]

    def keep(self) -> None:
        """Write down what was asked for."""
        if self._path and self._now != self._before:
            files = {key: [asdict(one) for one in found] for key, found in self._now.items()}
            write_atomically(
                self._path, json.dumps({"by": readers_sha256(), "files": files}, ensure_ascii=True).encode()
            )

    def _read(self) -> dict[str, list[Content]]:
        if not self._path or not self._path.exists():
            return {}
        try:
            kept = json.loads(self._path.read_bytes())
            return (
                {key: [_content(one) for one in found] for key, found in kept["files"].items()}
                if (kept["by"] == readers_sha256())
                else {}
            )
        except (ValueError, TypeError, KeyError):
            return {}  # cut off: it is made again


def _content(kept: dict[str, Any]) -> Content:
    subjects = tuple(
        Subject(**{**one, "quarter": one["quarter"] and Quarter(one["quarter"])}) for one in kept["subjects"]
    )
    return Content(**{**kept, "within": tuple(kept["within"]), "subjects": subjects})


@cache
def readers_sha256() -> str:
    """One hash of everything that decides what we read in a file: descriptions, seeds, code and libraries."""
    hashes = sha256_of_tree(SOURCES, SEEDS, PROJECT / "orchestration"), sha256_of_file(PROJECT / "requirements.lock")
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


class _Allowance:
    """What may be unpacked of one file, all archives within it together."""

    def __init__(self) -> None:
        self._members, self._bytes = MAX_MEMBERS, MAX_UNPACKED

    def take(self, members: Iterable[ZipInfo], file: str) -> None:
        """Raise InputError where it is used up."""
        for member in members:
            self._members -= 1
            self._bytes -= member.file_size
        if self._members < 0 or self._bytes < 0:
            raise InputError(
                "holds archives that hold too much",
                file=file,
                expected=f"at most {MAX_MEMBERS} members, {MAX_UNPACKED} bytes",
            )


def contents(path: Path, file: str, sha256: str) -> Iterator[Content]:
    """Look into a file, and into archives in it. Nothing is raised: what goes wrong is said of the file it is in."""
    yield from _contents(path, file, Content((), sha256, path.stat().st_size), _Allowance())


def _contents(path: Path, file: str, about: Content, allowance: _Allowance) -> Iterator[Content]:
    try:
        if len(about.within) == DEPTH and recognise.is_packed(path, file):
            raise InputError(f"is an archive within {DEPTH} others: unpack it", file=file)
        members = recognise.files_within(path, file)
        allowance.take(members, file)
    except InputError as problem:
        yield _damaged(path, file, about, str(problem))
        return
    if not members:
        yield _single(path, file, about)
    for member in members:
        within = (*about.within, member.filename)
        try:
            with unpacked(path, (member.filename,), file) as scratch:
                one = Content(within, sha256_of_file(scratch), member.file_size)
                yield from _contents(scratch, f"{file}/{member.filename}", one, allowance)
        except InputError as problem:
            yield replace(about, problem=str(problem))
            return


def _single(path: Path, file: str, about: Content) -> Content:
    try:
        found = recognise.recognise(path, file)
    except InputError as problem:
        return _damaged(path, file, about, str(problem))
    if found is None:
        return _not_recognised(path, file, about)
    about = replace(about, source_id=found.source.id, member=found.member)
    try:
        about = replace(about, fictional=is_fictional(path, file))
        subjects, remarks = recognise.subjects_of(path, found, file)
        if another := _named_after_another(file, found.source, subjects):
            months = ", ".join(sorted({str(one.period) for one in subjects}))
            wrong = "download it again, or rename it where the name is wrong"
            said = f"{file}: is about {months}, and its name says {another[0].period}: {wrong}"
            return replace(about, subjects=(*subjects, *another), problem=said)
        return replace(about, subjects=tuple(subjects), remarks=remarks)
    except recognise.LookAlikeError as problem:
        return replace(about, source_id=None, problem=str(problem))
    except InputError as problem:
        told = recognise.subjects_told(path, found, file)
        if isinstance(problem, SeveralMonthsError) and not told:  # whatever its name says
            what = f"{NOT_KNOWN_BUT}one of several months of {found.source.title!r}: {problem}"
            return replace(about, source_id=None, member=None, problem=what)
        told = told or _named_by(file, found.source)
        return replace(about, subjects=tuple(told), problem=str(problem))


def _not_recognised(path: Path, file: str, about: Content) -> Content:
    """A file that no reader takes: what is the matter with it, as far as anything says so."""
    if oddities.broken(path):
        return _damaged(path, file, about, NOT_KNOWN)
    if what := oddities.of_no_use(path):
        return replace(about, problem=f"{NOT_KNOWN_BUT}{what}")
    if saved := oddities.in_another_form(path, file):
        told = recognise.told_by_rows(saved.rows, saved.source, saved.is_cut) or _named_by(file, saved.source)
        return replace(about, source_id=saved.source.id, subjects=tuple(told), problem=f"{file}: {saved.problem}")
    if (source := _named_like(file)) and (unlike := _unlike(path, file, source)):
        told = _named_by(file, source)
        if told or not source.period:  # a series may be of years that nothing needs
            problem = f"{file}: has the name of {source.title!r}, but {unlike}"
            return replace(about, source_id=source.id, subjects=tuple(told), problem=problem)
    return replace(about, problem="; ".join(filter(None, [NOT_KNOWN, oddities.akin(path)])))


def _damaged(path: Path, file: str, about: Content, problem: str) -> Content:
    """An archive or a workbook that cannot be opened: what its first bytes and its name say it is."""
    if what := oddities.broken(path):
        problem = f"{file}: {what}"
    head = first_bytes(path)
    if source := csv_files.source_by_headings(head):
        told = recognise.told(head.decode("utf-8-sig", errors="replace").splitlines(keepends=True), source)
    else:
        source = _named_like(file)
        told = []
    if source is None:
        what = oddities.of_no_use(path)
        return replace(about, problem=f"{NOT_KNOWN_BUT}{what}" if what else problem)
    return replace(about, source_id=source.id, subjects=tuple(told or _named_by(file, source)), problem=problem)


def _unlike(path: Path, file: str, source: Source) -> str | None:
    """Where a file that has the name of a publication is not as it is described; none where it is about something
    else."""
    if source.is_workbook:
        return "no sheet has its headings"
    head = first_bytes(path)
    headings = csv_files.cells(csv_files.as_csv(head).partition("\n")[0])
    known = sum(map(bool, source.columns_below(headings)))
    if known < OWN_HEADINGS:
        assert source.fetch  # its pattern knows the name
        return None if source.fetch.vague else f"{known or 'none'} of its headings stand in row 1"
    try:
        csv_files.read_csv(io.BytesIO(head), source, file, limit=1)
    except InputError as problem:
        return str(problem).removeprefix(f"{file}, ")
    return None


def _named_like(file: str) -> Source | None:
    """The publication that a file has the name of, as published."""
    return next((one for one in known_sources().values() if _as_published(file, one)), None)


def _as_published(file: str, source: Source) -> re.Match[str] | None:
    name = COPIED.sub("", file.rpartition("/")[2])
    pattern = source.fetch and source.fetch.files
    return re.fullmatch(pattern, name, re.IGNORECASE) if pattern else None


def _named_after_another(file: str, source: Source, subjects: list[Subject]) -> list[Subject]:
    """What a file would be about by the name that its publisher gave it, where that is none of the months it says. A
    publisher that forgot to change the month within would put it in the place of another."""
    published = _as_published(file, source)
    month = month_linked(published) if published else None
    if month is None or month in {subject.period for subject in subjects}:
        return []
    return recognise.of_months(source, [(month, part) for part in sorted({one.part for one in subjects}, key=str)])


def _named_by(file: str, source: Source) -> list[Subject]:
    """The month that a file is named after, where files of a source are about the one they are named after. A hint, for
    files that do not parse and do not say. A name that says several is none."""
    period = source.period
    if period and period.file_name:
        with suppress(InputError):
            return recognise.of_months(source, [said_by_name(file, source)])
        return []
    if not period or (period.cumulative and "(?P<month>" not in ((source.fetch and source.fetch.files) or "")):
        return []
    published = _as_published(file, source)
    found = {month_linked(published)} if published else set()
    found = found - {None} or {
        datetime.strptime(f"{match[1]} {match[2]}", "%b %y").strftime("%Y-%m")
        for match in MONTH_IN_NAME.finditer(file.rpartition("/")[2])
    }
    return recognise.of_months(source, [(month, None) for month in found]) if len(found) == 1 else []
