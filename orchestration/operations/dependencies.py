"""The libraries that run here: whether they are those of the lock, and what is known against them.

Belongs here: reading `requirements.lock`, matching advisories in the form of OSV (https://ossf.github.io/osv-schema/).
Does not: getting advisories. Whoever operates an instance fetches the export of the PyPI ecosystem, one zip of JSON."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from orchestration.errors import LeagueError
from orchestration.workspace.paths import PROJECT
from orchestration.yaml_files import Entry, Text, list_of, parse

LOCK = PROJECT / "requirements.lock"
SPARK_LOCK = PROJECT / ".ci" / "spark.lock"  # what engine spark needs besides, where somebody has installed that
ACCEPTED = PROJECT / "orchestration" / "operations" / "advisories.yml"
UNLOCKED = {"nhs-league-tables", "pip"}  # this project, and what installs the rest


@dataclass(frozen=True)
class Advisory:
    """What is known against one library as it is locked. `ids` are all names it goes by; `accepted` who answers for
    going on with it, why and until when."""

    ids: tuple[str, ...]
    library: str
    summary: str
    accepted: str | None = None


class Acceptance(Entry):
    """An advisory, under any of its names, that somebody answers for going on with. `expires` is the last day."""

    advisory: Text
    owner: Text
    reason: Text
    expires: date


def locked() -> dict[str, str]:
    """The version of every library that the locks have for this Python and machine."""
    locks = [LOCK, SPARK_LOCK] if find_spec("pyspark") else [LOCK]
    lines = "".join(lock.read_text(encoding="utf-8") for lock in locks).replace("\\\n", " ").splitlines()
    pins = [
        Requirement(line.split("--hash=")[0]) for line in lines if line.strip() and not line.lstrip().startswith("#")
    ]
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def departures() -> Iterator[str]:
    """How what is installed departs from the lock."""
    expected = locked()
    there: dict[str, str] = {canonicalize_name(one.name): one.version for one in distributions()}
    for name in sorted({*expected, *there} - UNLOCKED):
        if name not in there:
            yield f"{name} is not installed"
        elif name not in expected:
            yield f"{name} is not in the lock"
        elif there[name] != expected[name]:
            yield f"{name} is {there[name]}, locked is {expected[name]}"


def known_against(export: Path, today: date) -> tuple[list[Advisory], str]:
    """The advisories on locked libraries in an export of OSV, each once whatever it is called, and the day of the
    newest record. Raises LeagueError where the file is no such export, and on an acceptance that is not in order."""
    versions, found, newest = locked(), [], ""
    try:
        with zipfile.ZipFile(export) as archive:
            for name in sorted(archive.namelist()):
                record = json.loads(archive.read(name))
                newest = max(newest, record["modified"][:10])
                if not record.get("withdrawn"):
                    found += [
                        ({record["id"], *record.get("aliases", [])}, library, record.get("summary", ""))
                        for library in sorted(_libraries(record) & set(versions))
                        if affects(record, library, versions[library])
                    ]
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LeagueError(f"{export} is no export of OSV: {error!r}") from None
    if not newest:
        raise LeagueError(f"{export} is no export of OSV: it has no record")
    accepted = _accepted(today)
    return [
        Advisory(tuple(sorted(ids)), f"{library} {versions[library]}", summary, _of_any(ids, accepted))
        for ids, library, summary in _joined(found)
    ], newest


def affects(record: Mapping[str, Any], library: str, version: str) -> bool:
    """Whether an OSV record is about a version: it lists it, or one of its ranges holds it."""
    return any(
        version in affected.get("versions", ())
        or any(
            _is_affected(one["events"], Version(version))
            for one in affected.get("ranges", ())
            if one["type"] == "ECOSYSTEM"
        )
        for affected in record.get("affected", ())
        if _library(affected) == library
    )


def _is_affected(events: list[dict[str, str]], version: Version) -> bool:
    """The last event not after the version says. One that cannot be read is taken to be against it."""
    try:
        inside = [
            (Version("0.dev0") if at == "0" else Version(at), kind)
            for event in events
            for kind, at in event.items()
            if kind in ("introduced", "fixed", "last_affected")
        ]
    except InvalidVersion:
        return True
    holds = False
    for at, kind in sorted(inside, key=lambda one: (one[0], one[1] != "introduced")):
        if kind == "introduced" and version >= at:
            holds = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            holds = False
    return holds


def _libraries(record: Mapping[str, Any]) -> set[str]:
    return {library for affected in record.get("affected", ()) if (library := _library(affected))}


def _library(affected: Mapping[str, Any]) -> str | None:
    package = affected.get("package", {})
    return canonicalize_name(package["name"]) if package.get("ecosystem") == "PyPI" else None


def _joined(found: list[tuple[set[str], str, str]]) -> list[tuple[set[str], str, str]]:
    """Records of one library that share a name are one."""
    joined: list[tuple[set[str], str, str]] = []
    for ids, library, summary in found:
        same = [one for one in joined if one[1] == library and one[0] & ids]
        joined = [one for one in joined if one not in same]
        joined.append(
            (ids.union(*(one[0] for one in same)), library, max([summary, *(one[2] for one in same)], key=len))
        )
    return sorted(joined, key=lambda one: (one[1], min(one[0])))


def _accepted(today: date) -> dict[str, str]:
    """Who answers for an advisory, why and until when, by its id; those whose last day has passed are left out."""
    found = [
        parse(Acceptance, entry, f"{ACCEPTED.name}, entry {position}")
        for position, entry in enumerate(list_of(ACCEPTED, "accepted"), start=1)
    ]
    return {one.advisory: f"{one.owner}, until {one.expires}: {one.reason}" for one in found if one.expires >= today}


def _of_any(ids: set[str], accepted: Mapping[str, str]) -> str | None:
    return next((accepted[one] for one in sorted(ids) if one in accepted), None)
