"""Waivers: which failed checks somebody answers for, why, and until when (`expectations/waivers.yml`).

Belongs here: reading them and refusing those that are not in order. Applying them is `evidence.record`."""

from __future__ import annotations

from datetime import date

from pydantic import field_validator, model_validator

from orchestration.errors import GateError
from orchestration.quarters import FIRST, known_quarters
from orchestration.workspace.paths import SUITES, Build
from orchestration.yaml_files import Entry, Text, list_of, parse

FILE = SUITES / "waivers.yml"


class Waiver(Entry):
    """One check that may fail in one quarter: `check` as checks.json has its id, `owner` a person, `issue` where it is
    being put right, `expires` the last day it holds."""

    id: Text
    check: Text
    quarter: Text
    owner: Text
    reason: Text
    issue: Text
    granted: date
    expires: date

    @model_validator(mode="after")
    def _holds_a_day(self) -> Waiver:
        if self.granted > self.expires:
            raise ValueError(f"granted on {self.granted}, expires before that")
        return self

    @field_validator("quarter")
    @classmethod
    def _can_be_built(cls, quarter: str) -> str:
        if quarter not in known_quarters():
            raise ValueError(f"found {quarter!r}; expected a quarter that can be built, such as {FIRST}")
        return quarter

    def __str__(self) -> str:
        return f"{self.id}: {self.check}, {self.owner}, until {self.expires}, {self.issue}. {self.reason}"


def waivers(quarter: str) -> list[Waiver]:
    """The waivers of a quarter, by id. Raises GateError where one says too little or twice the same."""
    found = [
        parse(Waiver, entry, f"{FILE.name}, waiver {position}", GateError)
        for position, entry in enumerate(list_of(FILE, "waivers"), start=1)
    ]
    for name in ("id", "check"):
        of_quarter = [waiver for waiver in found if name == "id" or waiver.quarter == quarter]
        values = [getattr(waiver, name) for waiver in of_quarter]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise GateError(f"{FILE.name}: {name} {', '.join(twice)} stands there twice")
    return sorted((waiver for waiver in found if waiver.quarter == quarter), key=lambda waiver: waiver.id)


def granted(build: Build) -> list[Waiver]:
    """The waivers that a build may use: those of its quarter. A pass over several quarters and a series have none,
    because a check does not say which of them it is about."""
    return waivers(build.quarters[0]) if len(build.quarters) == 1 and not build.since else []


def refuse_expired(quarter: str, today: date) -> None:
    """Raises GateError that names every waiver of the quarter whose last day has passed: renew it or take it out."""
    expired = [waiver for waiver in waivers(quarter) if waiver.expires < today]
    if expired:
        raise GateError("expired waivers\n" + "\n".join(str(waiver) for waiver in expired))
