"""The evidence that a run of checks leaves behind: which data, which rules, which results.

Belongs here: writing and reading it. Does not: judging it (`release_gate.py`)."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from orchestration.errors import GateError
from orchestration.quality.checks import Check
from orchestration.quality.waivers import waivers
from orchestration.workspace.files import write_atomically
from orchestration.workspace.paths import Build


def record(build: Build, name: str, data: dict[str, str], suite_sha256: str, checks: list[Check]) -> list[Check]:
    """Leaves the evidence of one run: which data (sha256 by table), which suite, which results. Returns the checks, a
    critical one that failed with its waiver, if there is one."""
    granted = {waiver.check: waiver.id for waiver in waivers(build.quarter)}
    checks = [replace(check, waiver=granted.get(check.id)) if check.can_be_waived else check for check in checks]
    document = {
        "name": name,
        "data": data,
        "suite_sha256": suite_sha256,
        "checks": [asdict(check) for check in checks],
    }
    write_atomically(build.evidence / f"{name}.json", json.dumps(document, indent=1, sort_keys=True).encode() + b"\n")
    return checks


def read(build: Build, name: str) -> dict[str, Any]:
    """The evidence of one run. Raises GateError where it was never made."""
    path = build.evidence / f"{name}.json"
    if not path.exists():
        raise GateError(f"release gate: {name} has not been checked in this build")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def checks_of(document: dict[str, Any]) -> list[Check]:
    return [Check(**{**check, "examples": tuple(check["examples"])}) for check in document["checks"]]
