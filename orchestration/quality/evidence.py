"""The evidence that a run of checks leaves behind: which data, which rules, which results.

Belongs here: writing and reading it. Does not: judging it (`release_gate.py`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pandas as pd

from orchestration.errors import GateError
from orchestration.quality.checks import Check
from orchestration.quality.waivers import granted
from orchestration.quarters import Quarter
from orchestration.warehouse.tables import Fingerprint
from orchestration.workspace.files import sha256_of_file, write_atomically
from orchestration.workspace.paths import Build

OF_QUARTERS = "of_quarters"  # in the evidence of a pass: what failed, as each quarter alone has it
LANDED = "landed "  # what the name of a landed table starts with


def record(
    build: Build,
    name: str,
    data: dict[str, Fingerprint],
    suite_sha256: str,
    checks: list[Check],
    again: Callable[[Quarter], Iterable[Check]],
) -> list[Check]:
    """Leave the evidence of one run: which data (fingerprints by table), which suite, which results. Where a pass goes
    on in spite of failed checks, those are run `again` for each quarter alone. Return the checks, a critical one that
    failed with its waiver, if there is one."""
    ids = {waiver.check: waiver.id for waiver in granted(build)}
    checks = [replace(check, waiver=ids.get(check.id)) if check.can_be_waived else check for check in checks]
    document = {
        "name": name,
        "data": data,
        "suite_sha256": suite_sha256,
        "checks": [asdict(check) for check in checks],
    }
    failed = {check.id for check in checks if not check.passed}
    if failed and len(build.quarters) > 1 and not any(check.shuts_the_gate for check in checks):
        document[OF_QUARTERS] = {
            quarter: [asdict(check) for check in again(quarter) if check.id in failed] for quarter in build.quarters
        }
    write_atomically(build.evidence / f"{name}.json", json.dumps(document, indent=1, sort_keys=True).encode() + b"\n")
    return checks


def of_landed(parts: list[Path]) -> Fingerprint:
    """What identifies the content of a landed table."""
    return {"": hashlib.sha256("".join(sha256_of_file(path) for path in parts).encode()).hexdigest()}


def read(build: Build, name: str) -> dict[str, Any]:
    """The evidence of one run. Raises GateError where it was never made."""
    path = build.evidence / f"{name}.json"
    if not path.exists():
        raise GateError(f"release gate: {name} has not been checked in this build")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def checks_of(document: dict[str, Any]) -> list[Check]:
    return [_check(one) for one in document["checks"]]


def all_checks(build: Build) -> list[Check]:
    """The checks that a build has made so far, by the names of their runs."""
    return [check for path in sorted(build.evidence.glob("*.json")) for check in checks_of(read(build, path.stem))]


def asked_again(build: Build, quarter: str) -> dict[str, Check]:
    """The checks of a pass that failed, as a build of one of its quarters alone has them, by id."""
    documents = [read(build, path.stem) for path in build.evidence.glob("*.json")]
    found = [_check(one) for document in documents for one in document.get(OF_QUARTERS, {}).get(quarter, ())]
    return {check.id: check for check in found}


def _check(one: dict[str, Any]) -> Check:
    return Check(**{**one, "examples": tuple(one["examples"])})


def of_quarter(build: Build, quarter: str) -> list[dict[str, Any]]:
    """The evidence of every run as far as one quarter goes: the same whichever others were built with it. That of a
    series goes for all its quarters.

    Of a table its rows of the quarter are on record, of a rule without a quarter the whole, of a landed table the files
    it has of the quarter."""
    files = pd.read_parquet(build.inventory(quarter))
    used = files[files["status"] == "used"].groupby("source_id")["source_sha256"].unique()
    landed = {name: hashlib.sha256("".join(sorted(found)).encode()).hexdigest() for name, found in used.items()}
    landed["files"] = sha256_of_file(build.inventory(quarter))
    runs = []
    for path in sorted(build.evidence.glob("*.json")):
        document = read(build, path.stem)
        data = {}
        for name, found in document["data"].items():
            source = name.removeprefix(LANDED)
            of_rule = found.get("") if name.startswith("rules.") else None
            of_table = found if build.since else found.get(quarter, of_rule)
            content = landed.get(source) if source != name else of_table
            if content:
                data[name] = content
        runs.append({"name": document["name"], "suite_sha256": document["suite_sha256"], "data": data})
    return runs
