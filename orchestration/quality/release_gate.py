"""The release gate: it trusts nothing but evidence made for exactly the data at hand.

Does not belong here: running a check, writing a release (`releases/publish.py`)."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from orchestration.errors import GateError
from orchestration.quality import evidence, suites
from orchestration.quality.checks import Check, raise_if_shut
from orchestration.quality.evidence import LANDED
from orchestration.quality.gates import LAND
from orchestration.quality.suites import Suite
from orchestration.quality.waivers import waivers
from orchestration.warehouse import manifest, project, tables
from orchestration.warehouse.manifest import SCORE_RANK, SERIES, STAGE_METRIC
from orchestration.warehouse.tables import Fingerprint
from orchestration.workspace.paths import Build

GX_GATES = (LAND, "metric", "rank", "insight")


def inputs(build: Build) -> dict[str, Fingerprint]:
    """The fingerprint of every landed table that dbt reads, by name."""
    names = sorted({path.name.split(".")[0] for path in build.landed.glob("*.parquet")})
    return {f"{LANDED}{name}": evidence.of_landed(build.parts(name)) for name in names}


def stages_of(build: Build) -> tuple[str, ...]:
    """What dbt builds of it, in order."""
    return (SERIES,) if build.since else (STAGE_METRIC, SCORE_RANK)


def suites_of(build: Build) -> list[Suite]:
    """The suites that it passes: those of landed tables, and those of the tables that dbt builds of it."""
    written = {relation for stage in stages_of(build) for relation in manifest.relations_of(stage)}
    every = [suite for gate in GX_GATES for suite in suites.suites(gate)]
    return [suite for suite in every if suite.gate == LAND or suite.name in written]


def all_gates_open(build: Build) -> bool:
    """Whether every gate left its evidence and none is shut: the build came to its end. The evidence is not judged
    here."""
    try:
        documents = [evidence.read(build, suite.name) for suite in suites_of(build)]
        documents += [evidence.read(build, f"dbt.{stage}") for stage in stages_of(build)]
    except GateError:
        return False
    return not any(check.shuts_the_gate for document in documents for check in evidence.checks_of(document))


def evidence_of_all_gates(build: Build) -> list[Check]:
    """The release gate: every check of every gate, re-read from evidence made for exactly the data at hand.

    Raises GateError where a check was never run, was run on other data or with another suite, or is critical and
    failed.
    """
    in_force = suites_of(build)
    on_suites = [evidence.read(build, suite.name) for suite in in_force]
    on_stages = {stage: evidence.read(build, f"dbt.{stage}") for stage in stages_of(build)}
    checks: list[Check] = []
    with tables.reading(build) as connection:
        written = {relation for stage in on_stages for relation in manifest.relations_of(stage)}
        if gone := written - tables.relations(connection):
            raise GateError(f"release gate: not in the warehouse: {', '.join(sorted(gone))}")
        relations = {relation for stage in on_stages for relation in manifest.read_and_written(stage)}
        found = tables.fingerprints(connection, sorted(relations))
    landed = inputs(build)
    for suite, document in zip(in_force, on_suites, strict=True):
        name = f"{LANDED}{suite.table}" if suite.gate == LAND else suite.name
        checks += _trusted(document, {name: (landed | found)[name]}, suite.sha256)
    rules = project.project_sha256()
    for stage, document in on_stages.items():
        data = {relation: found[relation] for relation in manifest.read_and_written(stage)}
        checks += _trusted(document, data | landed, rules)
    expected = {
        f"{suite.name}.{expectation['meta']['id']}"
        for suite in in_force
        if not _landed_empty(build, suite)
        for expectation in suite.expectations
    } | {f"dbt.{rule.name}" for rule in manifest.rules() if not build.since or rule.test in manifest.tests_of_series()}
    _require_waivers(build, checks, expected)
    never_run = expected - {check.id for check in checks}
    if never_run:
        raise GateError(f"release gate: never checked in this build: {', '.join(sorted(never_run))}")
    raise_if_shut(checks)
    return sorted(checks, key=lambda check: check.id)


def _require_waivers(build: Build, checks: list[Check], expected: set[str]) -> None:
    """Raises GateError where a waiver that was used is no longer in force, and where one is of no check expected."""
    of_quarters = [waiver for quarter in build.quarters for waiver in waivers(quarter) if not build.since]
    granted = {f"{waiver.id} of {waiver.check}": waiver.check for waiver in of_quarters}
    gone = {f"{check.waiver} of {check.id}" for check in checks if check.waiver} - set(granted)
    if gone:
        raise GateError(f"release gate: no longer in force: waiver {', '.join(sorted(gone))}")
    unknown = sorted(waiver for waiver, check in granted.items() if check not in expected)
    if unknown:
        raise GateError(f"release gate: there is no such check: waiver {', '.join(unknown)}")


def _landed_empty(build: Build, suite: Suite) -> bool:
    return suite.gate == LAND and not any(pq.read_metadata(path).num_rows for path in build.parts(suite.table))


def _trusted(document: dict[str, Any], data: dict[str, Fingerprint], suite_sha256: str) -> list[Check]:
    if document["suite_sha256"] != suite_sha256:
        raise GateError(f"release gate: {document['name']} was checked with other rules than those in force now")
    changed = sorted(name for name, sha256 in data.items() if document["data"].get(name) != sha256)
    if changed:
        raise GateError(f"release gate: {', '.join(changed)} changed after {document['name']} was checked")
    return evidence.checks_of(document)


def of_quarter(build: Build, quarter: str, checks: list[Check]) -> list[Check]:
    """The checks of a pass as far as one of its quarters goes. A source without a file of the quarter has nothing to
    check."""
    files = pd.read_parquet(build.inventory(quarter))
    at_hand = set(files.loc[files["status"] == "used", "source_id"])
    alone = evidence.asked_again(build, quarter)
    return [alone.get(check.id, check) for check in checks if check.gate != LAND or check.table in at_hand]
