"""Which files a quarter is built from: every file of the extracts folder is recognised, chosen or set aside with a
reason.

A file that is no known publication, or of a quarter not asked for, stops nothing. A known publication that does not
parse, and two differing files that nothing puts in order, stop the build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from orchestration.errors import LeagueError
from orchestration.sources import nof
from orchestration.sources.csv_files import read_csv, recognise
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.store import sha256_of

MAX_BYTES = 512 * 1024 * 1024  # the largest publication known is an 85 MB CSV (RTT, January 2026)
COLUMNS = ["file_name", "source_id", "quarter", "league", "status", "reason", "source_sha256", "bytes"]


@dataclass(frozen=True)
class Candidate:
    """A recognised file, as far as one quarter and league of it goes. References have neither."""

    path: Path
    name: str
    sha256: str
    source: Source
    quarter: str | None
    league: str | None
    last_quarter: str | None

    @property
    def subject(self) -> tuple[str, str | None, str | None]:
        return self.source.id, self.quarter, self.league

    @property
    def precedence(self) -> tuple[str, int]:
        """A later release repeats earlier quarters and supersedes them; within one a -vN or revised mark does."""
        version = re.search(r"[-_]v(\d+)\b", self.path.name, re.IGNORECASE)
        revised = re.search(r"revised", self.path.name, re.IGNORECASE)
        return self.last_quarter or "", int(version[1]) if version else (2 if revised else 1)


@dataclass(frozen=True)
class Survey:
    """What a folder of extracts holds: candidates for any quarter, and files set aside with a reason."""

    folder: Path
    candidates: tuple[Candidate, ...]
    set_aside: tuple[dict[str, object], ...]


def read_rows(content: bytes, source: Source, file: str) -> pd.DataFrame:
    """All rows of one file of a source as text, with row numbers."""
    rows = read_csv(content, source, file)
    return nof.with_file_quarter(rows, file) if source.id in nof.NOF_SOURCES else rows


def survey(folder: Path) -> Survey:
    """Recognises and reads every file of a folder. Raises InputError where a known publication does not parse."""
    if not folder.is_dir():
        raise LeagueError(f"{folder} is not a folder")
    candidates: list[Candidate] = []
    set_aside: list[dict[str, object]] = []
    first_seen: dict[str, str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        known: dict[str, object] = {"file_name": name, "bytes": path.stat().st_size}
        if folder.resolve() not in path.resolve().parents:
            set_aside.append({**known, "status": "not_known", "reason": "a link that leaves the folder"})
            continue
        if path.stat().st_size > MAX_BYTES:
            set_aside.append({**known, "status": "not_known", "reason": f"larger than {MAX_BYTES} bytes"})
            continue
        content = path.read_bytes()
        known["source_sha256"] = sha256 = sha256_of(content)
        source = recognise(content)
        if source is None:
            set_aside.append({**known, "status": "not_known", "reason": "no publication known here"})
            continue
        if sha256 in first_seen:
            same = f"the same bytes as {first_seen[sha256]}"
            set_aside.append({**known, "source_id": source.id, "status": "duplicate", "reason": same})
            continue
        first_seen[sha256] = name
        rows = read_rows(content, source, name)
        subjects: Sequence[tuple[str | None, str | None]] = [(None, None)]
        if source.id in nof.NOF_SOURCES:
            subjects = nof.subjects(rows, name)
        last_quarter = max((quarter for quarter, _ in subjects if quarter), default=None)
        candidates += [Candidate(path, name, sha256, source, *subject, last_quarter) for subject in subjects]
    return Survey(folder, tuple(candidates), tuple(set_aside))


def take_inventory(found: Survey, quarter: str) -> pd.DataFrame:
    """One row per file and subject, in COLUMNS; `status` is used, superseded, not_asked_for, duplicate or not_known.

    Raises LeagueError for a quarter without a framework or without a required publication, and for two differing files
    that nothing puts in order.
    """
    if quarter not in nof.quarters():
        known = ", ".join(nof.quarters())
        raise LeagueError(f"{quarter} cannot be built: no framework is seeded for it; quarters known: {known}")
    wanted = {quarter, nof.quarters()[quarter]["previous_quarter"], None}
    rows = [*found.set_aside]
    rivals: dict[tuple[str, str | None, str | None], list[Candidate]] = {}
    for candidate in found.candidates:
        if candidate.quarter in wanted:
            rivals.setdefault(candidate.subject, []).append(candidate)
        else:
            rows.append(_listed(candidate, "not_asked_for", f"{quarter} does not need {candidate.quarter}"))
    for group in rivals.values():
        chosen = _choose(group)
        for candidate in group:
            used = candidate is chosen
            rows.append(_listed(candidate, "used" if used else "superseded", None if used else f"by {chosen.name}"))
    inventory = pd.DataFrame(rows, columns=COLUMNS).sort_values(
        ["source_id", "quarter", "league", "file_name"], na_position="last", ignore_index=True
    )
    _require(inventory, quarter, found.folder)
    return inventory


def _choose(group: list[Candidate]) -> Candidate:
    best = max(candidate.precedence for candidate in group)
    chosen, *rivals = [candidate for candidate in group if candidate.precedence == best]
    if rivals:
        about = " ".join(filter(None, [chosen.source.title, chosen.quarter, chosen.league]))
        names = f"{chosen.name} and {rivals[0].name}"
        raise LeagueError(f"{names} are both {about} and differ; nothing says which supersedes the other")
    return chosen


def _require(inventory: pd.DataFrame, quarter: str, folder: Path) -> None:
    used = inventory[inventory["status"] == "used"]
    for source in known_sources().values():
        have = used[used["source_id"] == source.id]
        if source.id in nof.NOF_SOURCES:
            have = have[have["quarter"] == quarter]
        if source.required and have.empty:
            found = sorted(inventory.loc[inventory["source_id"] == source.id, "quarter"].dropna().unique())
            detail = f"; quarters found: {', '.join(found)}" if found else ""
            unknown = inventory.loc[inventory["status"] == "not_known", "file_name"]
            strangers = [name for name in unknown if name.lower().endswith(".csv")]
            detail += f"; CSV files of no known publication: {', '.join(strangers[:5])}" if strangers else ""
            raise LeagueError(f"{folder}: no file is {source.title!r} for {quarter}{detail}")


def _listed(candidate: Candidate, status: str, reason: str | None) -> dict[str, object]:
    return {
        "file_name": candidate.name,
        "source_id": candidate.source.id,
        "quarter": candidate.quarter,
        "league": candidate.league,
        "status": status,
        "reason": reason,
        "source_sha256": candidate.sha256,
        "bytes": candidate.path.stat().st_size,
    }
