"""Waivers: which failed checks somebody answers for, why, and until when (`expectations/waivers.yml`).

Belongs here: reading them and refusing those that are not in order. Applying them is `gates.record`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import yaml

from orchestration.errors import GateError
from orchestration.workspace.paths import SUITES

FILE = SUITES / "waivers.yml"


@dataclass(frozen=True)
class Waiver:
    """One check that may fail in one quarter: `check` as checks.json has its id, `owner` a person, `issue` where it is
    being put right, `expires` the last day it holds."""

    id: str
    check: str
    quarter: str
    owner: str
    reason: str
    issue: str
    granted: date
    expires: date

    def __str__(self) -> str:
        return f"{self.id}: {self.check}, {self.owner}, until {self.expires}, {self.issue}. {self.reason}"


def waivers(quarter: str) -> list[Waiver]:
    """The waivers of a quarter, by id. Raises GateError where one says too little or twice the same."""
    listed = yaml.safe_load(FILE.read_text(encoding="utf-8"))["waivers"] or []
    found = [_waiver(entry, position) for position, entry in enumerate(listed, start=1)]
    for name in ("id", "check"):
        of_quarter = [waiver for waiver in found if name == "id" or waiver.quarter == quarter]
        values = [getattr(waiver, name) for waiver in of_quarter]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise GateError(f"{FILE.name}: {name} {', '.join(twice)} stands there twice")
    return sorted((waiver for waiver in found if waiver.quarter == quarter), key=lambda waiver: waiver.id)


def refuse_expired(quarter: str, today: date) -> None:
    """Raises GateError that names every waiver of the quarter whose last day has passed: renew it or take it out."""
    expired = [waiver for waiver in waivers(quarter) if waiver.expires < today]
    if expired:
        raise GateError("expired waivers\n" + "\n".join(str(waiver) for waiver in expired))


def _waiver(entry: Any, position: int) -> Waiver:
    if not isinstance(entry, dict):
        raise GateError(f"{FILE.name}, waiver {position}: {entry!r} is no list of fields")
    kinds = {field.name: date if "date" in str(field.type) else str for field in fields(Waiver)}
    wrong = sorted({*kinds} ^ {*entry}) + [
        name for name, kind in kinds.items() if type(entry.get(name)) is not kind or not str(entry[name]).strip()
    ]
    if wrong:
        raise GateError(f"{FILE.name}, waiver {position}: missing, unknown or of the wrong kind: {', '.join(wrong)}")
    if entry["granted"] > entry["expires"]:
        raise GateError(f"{FILE.name}, waiver {position}: granted on {entry['granted']}, expires before that")
    return Waiver(**entry)
