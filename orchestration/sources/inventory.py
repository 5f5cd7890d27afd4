"""Which files a quarter is built from: every file of the extracts folder is recognised, chosen or set aside with a reason.

A file that is no known publication, or of a quarter not asked for, stops nothing. A known publication that does not parse,
and two differing files that nothing puts in order, stop the build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from orchestration.errors import InputError, LeagueError
from orchestration.sources import nof
from orchestration.sources.csv_files import read_csv, recognise
from orchestration.sources.descriptions import Source, known_sources
from orchestration.sources.store import Store

MAX_BYTES = 512 * 1024 * 1024  # the largest publication known is an 85 MB CSV (RTT, January 2026)
COLUMNS = ["file_name", "source_id", "quarter", "league", "status", "reason", "source_sha256", "bytes"]


@dataclass(frozen=True)
class Candidate:
    """A recognised file, as far as one quarter and league of it goes. References have neither."""

    name: str
    sha256: str
    size: int
    source: Source
    quarter: str | None
    league: str | None
    last_quarter: str | None

    @property
    def precedence(self) -> tuple[str, int]:
        """A later release repeats earlier quarters and supersedes them; within one release a -vN or revised mark does."""
        version = re.search(r"-v(\d+)\b", self.name, re.IGNORECASE)
        revised = re.search(r"revised", self.name, re.IGNORECASE)
        return self.last_quarter or "", int(version[1]) if version else (2 if revised else 1)


def read_rows(content: bytes, source: Source, file: str) -> pd.DataFrame:
    """All rows of one file of a source as text, with row numbers."""
    rows = read_csv(content, source, file)
    return nof.with_file_quarter(rows, file) if source.id in nof.NOF_SOURCES else rows


def take_inventory(extracts: Path, quarter: str, store: Store) -> pd.DataFrame:
    """One row per file and subject, in COLUMNS; `status` is used, superseded, not_asked_for, duplicate or not_known.

    Files in use are put into the store. Raises InputError and LeagueError as the module says, and LeagueError where a
    required publication of the quarter is absent.
    """
    if quarter not in nof.quarters():
        known = nof.quarters()
        raise LeagueError(f"{quarter} cannot be built: no framework is seeded for it; quarters known: {', '.join(known)}")
    if not extracts.is_dir():
        raise LeagueError(f"{extracts} is not a folder")
    wanted = {quarter, nof.quarters()[quarter]["previous_quarter"]} - {""}

    listed: list[dict[str, object]] = []
    candidates: list[Candidate] = []
    first_seen: dict[str, str] = {}
    for path in sorted(p for p in extracts.rglob("*") if p.is_file() and not p.name.startswith(".")):
        name = path.relative_to(extracts).as_posix()
        size = path.stat().st_size
        if extracts.resolve() not in path.resolve().parents:
            listed.append(_row(name, "not_known", "a link that leaves the folder", bytes=size))
            continue
        if size > MAX_BYTES:
            listed.append(_row(name, "not_known", f"larger than {MAX_BYTES} bytes", bytes=size))
            continue
        content = path.read_bytes()
        sha256 = store.sha256(content)
        source = recognise(content)
        if source is None:
            listed.append(_row(name, "not_known", "no publication known here", source_sha256=sha256, bytes=size))
            continue
        if sha256 in first_seen:
            reason = f"the same bytes as {first_seen[sha256]}"
            listed.append(_row(name, "duplicate", reason, source_id=source.id, source_sha256=sha256, bytes=size))
            continue
        first_seen[sha256] = name
        rows = read_rows(content, source, name)
        subjects = nof.subjects(rows, name) if source.id in nof.NOF_SOURCES else [(None, None)]
        last_quarter = max((q for q, _ in subjects if q), default=None)
        for of_quarter, league in subjects:
            candidate = Candidate(name, sha256, size, source, of_quarter, league, last_quarter)
            if of_quarter is None or of_quarter in wanted:
                candidates.append(candidate)
                store.put(content, candidate.name, source)
            else:
                listed.append(_listed(candidate, "not_asked_for", f"{quarter} does not need {of_quarter}"))

    listed += _choose(candidates)
    inventory = pd.DataFrame(listed, columns=COLUMNS).sort_values(
        ["source_id", "quarter", "league", "file_name"], na_position="last", ignore_index=True
    )
    _require(inventory, quarter, extracts)
    return inventory


def _choose(candidates: list[Candidate]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    rivals: dict[tuple[str, str | None, str | None], list[Candidate]] = {}
    for candidate in candidates:
        rivals.setdefault((candidate.source.id, candidate.quarter, candidate.league), []).append(candidate)
    for group in rivals.values():
        best = max(candidate.precedence for candidate in group)
        chosen = [candidate for candidate in group if candidate.precedence == best]
        if len(chosen) > 1:
            about = " ".join(filter(None, [chosen[0].source.title, chosen[0].quarter, chosen[0].league]))
            raise InputError(
                f"and {chosen[1].name} are both {about} and differ; nothing says which supersedes the other",
                file=chosen[0].name,
            )
        for candidate in group:
            used = candidate is chosen[0]
            reason = None if used else f"{chosen[0].name} supersedes it"
            rows.append(_listed(candidate, "used" if used else "superseded", reason))
    return rows


def _require(inventory: pd.DataFrame, quarter: str, extracts: Path) -> None:
    used = inventory[inventory["status"] == "used"]
    for source in known_sources().values():
        if not source.required:
            continue
        have = used[used["source_id"] == source.id]
        if source.id in nof.NOF_SOURCES:
            have = have[have["quarter"] == quarter]
        if have.empty:
            found = inventory.loc[inventory["source_id"] == source.id, "quarter"].dropna().unique()
            detail = f"; quarters found: {', '.join(sorted(found))}" if len(found) else ""
            raise LeagueError(f"{extracts}: no file is {source.title!r} for {quarter}{detail}")


def _row(name: str, status: str, reason: str | None, **known: object) -> dict[str, object]:
    return {"file_name": name, "status": status, "reason": reason, **known}


def _listed(candidate: Candidate, status: str, reason: str | None) -> dict[str, object]:
    return _row(
        candidate.name,
        status,
        reason,
        source_id=candidate.source.id,
        quarter=candidate.quarter,
        league=candidate.league,
        source_sha256=candidate.sha256,
        bytes=candidate.size,
    )
